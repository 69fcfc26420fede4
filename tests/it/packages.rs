//! Both packages can be made of this repository, and each has all that its code is built from: `cargo package` puts nothing into one that
//! lies outside its folder.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use consent_tests::process::repository;

use crate::boundaries::{rust_files, without_tests_and_comments};

/// Packs them as a release would, built by nobody: that needs neither the network nor minutes.
fn pack(into: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let packed = Command::new(cargo)
        .args(["package", "--offline", "--no-verify", "--allow-dirty", "--package", "consent-core"])
        .args(["--package", "consent-server"])
        .current_dir(repository())
        .env("CARGO_TARGET_DIR", into)
        .output()
        .unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
}

/// The folder of a package, unpacked.
fn unpacked(target: &Path, name: &str) -> PathBuf {
    let packages = target.join("package");
    let folder = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
    let tar = Command::new("tar")
        .arg("-xzf")
        .arg(format!("{folder}.crate"))
        .current_dir(&packages)
        .output()
        .unwrap();
    assert!(tar.status.success(), "{}", String::from_utf8_lossy(&tar.stderr));
    packages.join(folder)
}

/// The files that the code of a package has compiled in, as paths of this package.
fn compiled_in(package: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in rust_files(&package.join("src")) {
        let text = without_tests_and_comments(&fs::read_to_string(&file).unwrap());
        for named in ["include_str!(\"", "include_bytes!(\""] {
            for (at, _) in text.match_indices(named) {
                // Pages that only doctests read.
                if text[..at].ends_with("#[doc = ") {
                    continue;
                }
                let path = text[at + named.len()..].split('"').next().unwrap();
                found.push(file.parent().unwrap().join(path));
            }
        }
    }
    found
}

/// A path without the steps up in it: whether a folder that is stepped out of is there says nothing.
fn straight(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(straight.pop(), "{}", path.display()),
            part => straight.push(part),
        }
    }
    straight
}

/// Every file below a folder, as a path of it; links are gone through.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_dir() {
            all.extend(files(&path).into_iter().map(|file| name.join(file)));
        } else {
            all.push(name);
        }
    }
    all.sort();
    all
}

#[test]
fn each_package_has_all_that_its_code_is_built_from() {
    let target = tempfile::tempdir().unwrap();
    pack(target.path());
    for (name, folders, least) in
        [("consent-core", &["src"][..], 2), ("consent-server", &["src", "docs", "templates"][..], 40)]
    {
        let (own, package) = (repository().join(name), unpacked(target.path(), name));
        for folder in folders {
            assert_eq!(files(&package.join(folder)), files(&own.join(folder)), "{name}/{folder}");
        }
        let compiled_in = compiled_in(&package);
        assert!(compiled_in.len() >= least, "{name}: {}", compiled_in.len());
        for file in compiled_in {
            let file = straight(&file);
            assert!(file.starts_with(&package), "{} lies outside the package", file.display());
            assert!(file.is_file(), "{} is not in the package", file.display());
        }
        for file in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
            assert!(package.join(file).is_file(), "{name}/{file}");
        }
        // Nothing that only this repository's tests read makes a package large.
        assert!(!package.join("tests").exists() && !package.join("fuzz").exists(), "{name}");
    }
    let script = |folder: PathBuf| fs::read(folder.join("banner.js")).unwrap();
    let packed = unpacked(target.path(), "consent-server").join("consent-js");
    assert!(packed.is_dir() && !packed.is_symlink(), "a package has files, not links");
    assert_eq!(script(packed), script(repository().join("consent-js/dist")));
}
