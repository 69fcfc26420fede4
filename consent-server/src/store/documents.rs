//! What every store asks of a document, in one place.

use super::StoreError;

/// The most bytes of a document.
pub const MAX_DOCUMENT_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of a document's name.
pub const MAX_DOCUMENT_NAME_BYTES: usize = 128;

/// Refuses what no store keeps.
///
/// # Errors
/// [`StoreError::Document`]
pub(super) fn check(name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._/-".contains(&byte);
    let named = (1..=MAX_DOCUMENT_NAME_BYTES).contains(&name.len()) && name.bytes().all(fits);
    if named && bytes.len() <= MAX_DOCUMENT_BYTES {
        Ok(())
    } else {
        Err(StoreError::Document { name: name.to_owned(), length: bytes.len() })
    }
}
