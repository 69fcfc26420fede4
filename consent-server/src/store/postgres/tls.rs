//! Encrypted connections. Whoever is at the other end has to prove its name.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connector that trusts the certificates in this file, or those of the system.
pub(super) fn connector(roots: Option<&Path>) -> io::Result<MakeRustlsConnect> {
    let mut trusted = RootCertStore::empty();
    match roots {
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file).map_err(io::Error::other)?;
            for certificate in certificates {
                trusted.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
            }
            if trusted.is_empty() {
                return Err(io::Error::other(format!("{} has no certificate", file.display())));
            }
        }
        // Some entries of a system's list are always unreadable; a machine without any can still speak in clear.
        None => drop(trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(io::Error::other)?.with_root_certificates(trusted).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
