//! What a collector of traces is told, by the real program over a real socket, and what is lost if there is none.
//!
//! `cargo nextest run -p consent-server --features otlp --test otlp`. `cfg(test)` tells the lints what every file here is.

#[cfg(test)]
mod lost;
#[cfg(test)]
mod support;
#[cfg(test)]
mod told;
