//! What every store must do, as tests that each adapter passes.
