//! A config that takes the place of another one reads again what may have changed, and nothing else.

use std::path::Path;
use std::sync::Mutex;

use consent_core::notice::SiteId;

use super::*;
use crate::store::MemoryStore;

/// A store that notes of which sites the notices were read.
#[derive(Debug)]
struct Noting {
    store: MemoryStore,
    calls: Mutex<Vec<&'static str>>,
}

crate::testing_store!(Noting, |noting, name, call| {
    noting.calls.lock().unwrap().push(name);
    call(&noting.store)
});

impl Noting {
    fn new(store: MemoryStore) -> Self {
        Self { store, calls: Mutex::default() }
    }

    /// How often the notices of a site were read since this was asked.
    fn reads(&self) -> usize {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap());
        calls.into_iter().filter(|name| *name == "notices").count()
    }
}

/// Two sites, of which the second has this name.
fn config(name: &str) -> Config {
    let site = |id: &str, name: &str| {
        format!(
            "[[site]]\nid = \"{id}\"\nname = \"{name}\"\ncontroller = {{ name = \"A\", privacy_url = \"/p\" }}\n\
             texts.en.title = \"{name}\"\n\
             vendor = [{{ category = \"analytics\", name = \"V\", privacy_url = \"https://v.example/p\" }}]\n"
        )
    };
    let text = site("one", "One") + &site("two", name);
    crate::config::parse("consent.toml", text, Path::new("/")).unwrap().config
}

#[test]
fn only_the_notices_of_sites_that_have_changed_are_read_again() {
    let store = Noting::new(MemoryStore::default());
    let first = Sites::publish(&config("Two"), &store).unwrap();
    assert_eq!(store.reads(), 2);
    let same = first.follow(&config("Two"), &store).unwrap();
    assert_eq!(store.reads(), 0);
    let changed = same.follow(&config("Another"), &store).unwrap();
    assert_eq!(store.reads(), 1);
    assert!(std::ptr::eq(first.get("one").unwrap(), changed.get("one").unwrap()));
    let notices = |sites: &Sites, id: &str| sites.get(id).unwrap().notices().count();
    assert_eq!((notices(&changed, "one"), notices(&changed, "two")), (1, 2));
    // What it had before is known on the way back.
    let back = changed.follow(&config("Two"), &store).unwrap();
    assert_eq!((store.reads(), notices(&back, "two")), (1, 2));
}

#[test]
fn what_another_server_published_in_a_store_that_is_shared_is_found() {
    let store = Noting::new(MemoryStore::shared());
    let ours = Sites::publish(&config("Two"), &store).unwrap();
    Sites::publish(&config("Another"), &store).unwrap();
    store.reads();
    let followed = ours.follow(&config("Two"), &store).unwrap();
    assert_eq!(store.reads(), 2);
    let id: SiteId = "two".parse().unwrap();
    assert_eq!(followed.get(id.as_str()).unwrap().notices().count(), 2);
    assert!(std::ptr::eq(ours.get("one").unwrap(), followed.get("one").unwrap()));
}
