//! Stores of a test's own on one server, each in a schema of its own, which is made and gone sooner than a database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::super::super::Store;
use super::super::{PATIENCE, PostgresAddress, PostgresStore};
use super::cluster::Cluster;
use super::wire::Wire;

/// The database that they are in.
const DATABASE: &str = "schemas";

/// A server with any number of them.
pub(crate) struct Schemas {
    cluster: Cluster,
    made: AtomicUsize,
}

/// A place for one store. It goes when this is dropped.
pub(super) struct Schema<'a> {
    cluster: &'a Cluster,
    name: String,
}

impl Schemas {
    /// `None` if PostgreSQL is not installed.
    pub(crate) fn start(skipped: &str) -> Option<Self> {
        let cluster = Cluster::start(skipped)?;
        let _ = cluster.database(DATABASE);
        Some(Self { cluster, made: AtomicUsize::new(0) })
    }

    pub(super) fn fresh(&self) -> Schema<'_> {
        let name = format!("schema_{}", self.made.fetch_add(1, Ordering::SeqCst));
        self.cluster.query(DATABASE, &format!("CREATE SCHEMA {name}"));
        Schema { cluster: &self.cluster, name }
    }

    /// An empty store, which stays.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        let schema = std::mem::ManuallyDrop::new(self.fresh());
        Arc::new(schema.open(None, PATIENCE).unwrap())
    }
}

impl Schema<'_> {
    /// Where the server is.
    pub(super) fn server(&self) -> std::net::SocketAddr {
        self.cluster.address()
    }

    /// The store in it, reached through a wire if there is one; `None` if it can not be reached.
    pub(super) fn open(&self, wire: Option<&Wire>, patience: Duration) -> Option<PostgresStore> {
        let url = self.cluster.url_at(DATABASE, wire.map_or(self.server(), |wire| wire.address));
        let url = format!("{url}&options=-csearch_path%3D{}", self.name);
        PostgresStore::open_with(&PostgresAddress::parse(&url).unwrap(), patience).ok()
    }
}

impl Drop for Schema<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let sql = format!("SET client_min_messages = error; DROP SCHEMA {} CASCADE", self.name);
            self.cluster.query(DATABASE, &sql);
        }
    }
}
