//! The URL of a database, which may hold a password and so is never shown.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;

use super::super::StoreError;

/// Where the database is and how it is reached, from a `postgres://` URL.
///
/// What libpq's URLs say holds, with these differences: `sslmode` is `disable`, `prefer`, `require` or `verify-full`, and a
/// certificate is checked, host name included, wherever there is encryption; `sslrootcert` is a file of PEM certificates
/// that are trusted in place of the system's.
#[derive(Clone)]
pub struct PostgresAddress {
    pub(super) config: Config,
    pub(super) roots: Option<PathBuf>,
}

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(5);

/// How long the other side may leave bytes unacknowledged.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

impl PostgresAddress {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`StoreError::Address`] if it is none. The error does not repeat the URL.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let refused = |why: &str| StoreError::Address(why.to_owned());
        let url = url.trim();
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(refused("it does not begin with postgres://"));
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut kept, mut roots) = (Vec::new(), None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslrootcert", file)) => roots = Some(PathBuf::from(decode(file))),
                Some(("sslmode", "verify-full" | "verify-ca")) => kept.push("sslmode=require"),
                _ => kept.push(pair),
            }
        }
        let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        // The parser's error names the part that is wrong, and could quote what is secret: it is not passed on.
        let mut config: Config =
            url.parse().map_err(|_| refused("a part of it is not understood; see `consent serve --help`"))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("consent");
        }
        config.tcp_user_timeout(UNACKNOWLEDGED);
        // A standby can not be written to. With several hosts in the URL this finds the primary after a failover.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { config, roots })
    }

    /// Whether the URL has a password in it.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }
}

/// Shows nothing: the password is in it.
impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresAddress(…)")
    }
}

/// Percent-encoded text; what is no code stands for itself.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_libpq_writes_and_the_file_of_trusted_certificates() {
        let address = PostgresAddress::parse(
            "postgres://consent:p%40ss@one,two/consent?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem",
        );
        let address = address.unwrap();
        assert_eq!(address.roots, Some(PathBuf::from("/etc/ca.pem")));
        assert_eq!(address.config.get_ssl_mode(), tokio_postgres::config::SslMode::Require);
        assert_eq!(address.config.get_password(), Some(&b"p@ss"[..]));
        assert_eq!(address.config.get_hosts().len(), 2);
    }

    #[test]
    fn nothing_that_is_shown_has_the_password_in_it() {
        let url = "postgres://consent:s3cret@localhost/consent";
        assert!(!format!("{:?}", PostgresAddress::parse(url).unwrap()).contains("s3cret"));
        for wrong in [
            "mysql://consent:s3cret@h",
            "postgres://consent:s3cret@h:port/x",
            "postgres://u:s3cret@h/d?x=s3cret",
        ] {
            let error = PostgresAddress::parse(wrong).unwrap_err();
            assert!(
                matches!(error, StoreError::Address(_)) && !format!("{error} {error:?}").contains("s3cret")
            );
        }
    }
}
