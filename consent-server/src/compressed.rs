//! A body that never changes, in every encoding that a browser may ask for, made once.

use std::io::Write as _;
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consent_core::digest::Digest;
use sha2::{Digest as _, Sha384};

/// The encodings, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Brotli (RFC 7932).
    Brotli,
    /// Zstandard (RFC 8878).
    Zstd,
    /// gzip (RFC 1952).
    Gzip,
    /// As it is.
    Identity,
}

impl Encoding {
    /// The value of `Content-Encoding`; `None` for the body as it is.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Zstd => Some("zstd"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The best encoding that an `Accept-Encoding` header allows (RFC 9110, section 12.5.3).
    #[must_use]
    pub fn best(accepted: &str) -> Self {
        let allows = |encoding: &Self| {
            let name = encoding.name().unwrap_or("identity");
            accepted.split(',').any(|item| {
                let (offered, weight) = item.split_once(';').unwrap_or((item, ""));
                let refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
                offered.trim().eq_ignore_ascii_case(name) && !refused
            })
        };
        [Self::Brotli, Self::Zstd, Self::Gzip].into_iter().find(allows).unwrap_or(Self::Identity)
    }
}

/// A body with its encoded forms, each made when it is first asked for.
#[derive(Debug)]
pub struct Compressed {
    identity: Form,
    brotli: Form,
    zstd: Form,
    gzip: Form,
}

/// A body in one encoding.
#[derive(Debug)]
struct Form {
    bytes: OnceLock<Bytes>,
    tag: HeaderValue,
}

impl Form {
    /// The form that is still to be made, of a body with this digest.
    fn of(digest: Digest, encoding: Encoding) -> Self {
        let tag = format!("\"{digest}-{}\"", encoding.name().unwrap_or("id"));
        // All of it are characters that a header may have.
        let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { bytes: OnceLock::new(), tag }
    }
}

impl Compressed {
    /// The body, not yet encoded.
    #[must_use]
    pub fn new(body: Vec<u8>) -> Self {
        let digest = Digest::of(&body);
        let [brotli, zstd, gzip] =
            [Encoding::Brotli, Encoding::Zstd, Encoding::Gzip].map(|encoding| Form::of(digest, encoding));
        let identity =
            Form { bytes: OnceLock::from(Bytes::from(body)), ..Form::of(digest, Encoding::Identity) };
        Self { identity, brotli, zstd, gzip }
    }

    fn form(&self, encoding: Encoding) -> &Form {
        match encoding {
            Encoding::Brotli => &self.brotli,
            Encoding::Zstd => &self.zstd,
            Encoding::Gzip => &self.gzip,
            Encoding::Identity => &self.identity,
        }
    }

    fn body(&self) -> &[u8] {
        self.identity.bytes.get().map(AsRef::as_ref).unwrap_or_default()
    }

    /// The bytes in one encoding. The first time takes up to 200 milliseconds for 50 KiB; [`Compressed::prepare`] takes
    /// them ahead.
    #[must_use]
    pub fn bytes(&self, encoding: Encoding) -> Bytes {
        // The encoders write into memory, which does not fail.
        let made = |encoded: std::io::Result<Vec<u8>>| Bytes::from(encoded.unwrap_or_default());
        let make = || match encoding {
            Encoding::Brotli => made(brotli(self.body())),
            Encoding::Zstd => made(zstd::bulk::compress(self.body(), 19)),
            Encoding::Gzip => made(gzip(self.body())),
            Encoding::Identity => Bytes::new(),
        };
        self.form(encoding).bytes.get_or_init(make).clone()
    }

    /// Makes all encodings.
    pub fn prepare(&self) {
        for encoding in [Encoding::Brotli, Encoding::Zstd, Encoding::Gzip] {
            let _ready = self.bytes(encoding);
        }
    }

    /// What a page writes into `integrity` so that the browser takes these bytes and no others (Subresource Integrity,
    /// section 3.1). It covers the body as it is, whatever the encoding on the way.
    #[must_use]
    pub fn integrity(&self) -> String {
        format!("sha384-{}", STANDARD.encode(Sha384::digest(self.body())))
    }

    /// The strong entity tag of one encoding: other bytes have another tag (RFC 9110, section 8.8.3).
    #[must_use]
    pub fn entity_tag(&self, encoding: Encoding) -> &HeaderValue {
        &self.form(encoding).tag
    }
}

fn brotli(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoded = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*body, &mut encoded, &parameters)?;
    Ok(encoded)
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrity_is_that_of_the_standards_own_example() {
        // Subresource Integrity, section 3.2.1.
        let body = Compressed::new(b"alert('Hello, world.');".to_vec());
        let example = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";
        assert_eq!(body.integrity(), example);
    }

    #[test]
    fn picks_the_best_encoding_that_is_allowed() {
        for (accepted, best) in [
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("gzip;q=1.0, br;q=0", Encoding::Gzip),
            ("GZIP , zstd;q=0.5", Encoding::Zstd),
            ("brotli", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            assert_eq!(Encoding::best(accepted), best, "{accepted}");
        }
    }
}
