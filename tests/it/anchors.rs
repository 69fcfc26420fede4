//! Others vouch for the logs of a real server: a witness and a time-stamping service that this project did not write, and
//! ones that hang, talk nonsense or sign with another key, of which no visitor notices anything.

mod others;
mod tsa;
mod witness;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use consent_core::ledger::key::VerifierKey;
use consent_server::data::DataFolder;
use consent_tests::client::{Client, fresh_decision_id, key_of, log_of_now};
use consent_tests::full_run;
use consent_tests::process::{CONFIG, Server, binary, repository};

use self::others::Other;
use self::tsa::{Service, openssl};
use self::witness::{Foreign, cosign, dishonest, honest, keys};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something, and says what if it does not come.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The key of this year's heads log of a server that will run on `folder`.
fn heads_key(folder: &Path) -> VerifierKey {
    drop(DataFolder::open(&folder.join("data")).unwrap());
    key_of(folder, &log_of_now().replace("/newsroom/", "/heads/"))
}

fn witness_table(name: &str, address: &str, vkey: &str) -> String {
    format!("[[witness]]\nname = \"{name}\"\nurl = \"{address}\"\nvkey = \"{vkey}\"\n")
}

/// The small config, with heads every second.
fn config(quorum: &str, tables: &str) -> String {
    let server = format!("host = \"localhost\"\nheads_every = \"1 second\"\nquorum = {quorum}\n");
    format!("{}\n{tables}", CONFIG.replace("host = \"localhost\"\n", &server))
}

fn decide(client: &Client) -> Duration {
    let notice = client.notice_id();
    let begun = Instant::now();
    assert!(client.decide(&fresh_decision_id(), &notice).is_some(), "a decision was not recorded");
    begun.elapsed()
}

fn heads_checkpoint(client: &Client) -> Option<String> {
    let year = log_of_now().rsplit('/').next().unwrap().to_owned();
    let (status, text) = client.get(&format!("/v1/sites/heads/logs/{year}/checkpoint"))?;
    (status == 200).then(|| String::from_utf8(text).unwrap())
}

/// The size of the heads log's head and how many have signed it, the log itself included.
fn signed_by(checkpoint: &str) -> (u64, usize) {
    let lines = checkpoint.lines().filter(|line| line.starts_with('\u{2014}')).count();
    (checkpoint.lines().nth(1).unwrap().parse().unwrap(), lines)
}

fn export(server: &Server, folder: &Path, name: &str) -> PathBuf {
    let bundle = folder.join(name);
    server.export_bundle(folder, &bundle);
    bundle
}

fn verify(bundle: &Path, more: &[&Path]) -> (bool, String) {
    let mut command = Command::new(binary());
    command.arg("verify").arg(bundle);
    for certificate in more {
        command.arg("--tsa-certificate").arg(certificate);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}

/// The witness is `aics-witness` from `PyPI`, the service is `openssl ts`; Go's `x/mod` opens the cosigned note.
#[test]
fn a_foreign_witness_and_a_foreign_service_vouch_and_their_own_tools_agree() {
    if !full_run("a witness and a time-stamping service that others wrote") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let witness = Foreign::start(home.path(), &heads_key(home.path()));
    let service = Service::start(home.path());
    let root = service.root.display();
    let tables = format!(
        "{}[[timestamp]]\nurl = \"{}\"\ncertificate = \"{root}\"\n",
        witness_table("foreign", &witness.address, &witness.vkey),
        service.other.address
    );
    let config = config("\"all\"", &tables);
    let server = Server::start_config(home.path(), &config);
    let client = Client::new(&server.address);
    (0..5).map(|_| decide(&client)).for_each(|took| assert!(took < PATIENCE));
    let first = wait_for("a cosignature", || heads_checkpoint(&client).filter(|text| signed_by(text).1 == 2));
    (0..5).map(|_| decide(&client)).for_each(|took| assert!(took < PATIENCE));
    // The tree has grown: the second cosignature takes a proof of consistency.
    let second = wait_for("a second cosignature", || {
        heads_checkpoint(&client)
            .filter(|text| signed_by(text).0 > signed_by(&first).0 && signed_by(text).1 == 2)
    });
    wait_for("a time-stamp", || (service.other.asked() > 0).then_some(()));
    // After a new start nothing is known of the witness: it says 409 and is asked again with the right proof.
    assert!(server.stop().success());
    let server = Server::start_config(home.path(), &config);
    let client = Client::new(&server.address);
    decide(&client);
    let third = wait_for("a cosignature after the new start", || {
        heads_checkpoint(&client)
            .filter(|text| signed_by(text).0 > signed_by(&second).0 && signed_by(text).1 == 2)
    });
    assert!(witness.status().contains(&signed_by(&third).0.to_string()), "{}", witness.status());

    let bundle = export(&server, home.path(), "newsroom.zip");
    let (holds, said) = verify(&bundle, &[]);
    assert!(holds && said.contains("witnessed by 1 of 1") && said.contains("time-stamped 1 times"), "{said}");
    assert!(said.contains("came with the bundle"), "{said}");
    let (holds, said) = verify(&bundle, &[&service.root]);
    assert!(holds && said.contains("your certificate of CN=root"), "{said}");
    drop(server);

    let folder = home.path().join("unpacked");
    zip::ZipArchive::new(fs::File::open(&bundle).unwrap()).unwrap().extract(&folder).unwrap();
    let year = log_of_now().rsplit('/').next().unwrap().to_owned();
    let anchors = folder.join(format!("logs/{year}/anchors"));
    let responses = fs::read_dir(&anchors).unwrap().map(|file| file.unwrap().path());
    let responses: Vec<_> =
        responses.filter(|file| file.extension().is_some_and(|end| end == "tsr")).collect();
    assert_eq!(responses.len(), 1);
    for response in responses {
        let file = |path: &Path| path.display().to_string();
        let (data, tsr) = (file(&response.with_extension("checkpoint")), file(&response));
        let said = openssl(&folder, &["ts", "-verify", "-data", &data, "-in", &tsr, "-CAfile", "tsa.pem"]);
        print!("{said}");
        assert!(said.contains("Verification: OK"), "{said}");
    }
    let go = Command::new("go")
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOFLAGS", "")
        .args(["run"])
        .arg(repository().join("tests/foreign/cosigned.go"))
        .arg(folder.join("policy"))
        .arg(folder.join(format!("logs/{year}/heads.tlog-proof")))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[go.stdout, go.stderr].concat()).into_owned();
    print!("{said}");
    assert!(go.status.success() && said.contains("1 of 1 witnesses"), "{said}");
}

/// Without anything that has to be installed: the rules of the protocol, with the witness of these tests.
#[test]
fn a_witness_is_sent_what_it_needs_and_what_it_signs_is_served_kept_and_exported() {
    let home = tempfile::tempdir().unwrap();
    let key = heads_key(home.path());
    let others = [1, 2].map(|seed| (seed, honest(seed, key.clone(), 0)));
    let mut tables = String::new();
    for (seed, other) in &others {
        let _ = write!(
            tables,
            "{}",
            witness_table(&format!("w{seed}"), &other.address, &keys(*seed).1.to_string())
        );
    }
    let server = Server::start_config(home.path(), &config("2", &tables));
    let client = Client::new(&server.address);
    let mut size = 0;
    for _ in 0..3 {
        decide(&client);
        let text = wait_for("both cosignatures of a larger head", || {
            heads_checkpoint(&client).filter(|text| signed_by(text).0 > size && signed_by(text).1 == 3)
        });
        size = signed_by(&text).0;
    }
    let policy = String::from_utf8(client.get("/v1/sites/newsroom/logs/policy").unwrap().1).unwrap();
    assert!(policy.contains("quorum all-witnesses") && policy.contains("witness w2 "), "{policy}");
    // The heads log's own policy names the key of the next year's log too.
    let own = String::from_utf8(client.get("/v1/sites/heads/logs/policy").unwrap().1).unwrap();
    assert_eq!(own.lines().filter(|line| line.starts_with("log localhost/heads/")).count(), 2, "{own}");
    let (holds, said) = verify(&export(&server, home.path(), "newsroom.zip"), &[]);
    assert!(holds && said.contains("witnessed by 2 of 2 for all entries"), "{said}");
    // What was signed is there again after a kill, without anybody being asked.
    server.kill();
    drop(server);
    let data = home.path().join("data");
    let offline = home.path().join("offline.zip");
    let made = Command::new(binary())
        .args(["export", "--site", "newsroom", "--format", "bundle", "-o"])
        .arg(&offline)
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let (holds, said) = verify(&offline, &[]);
    assert!(holds && said.contains("witnessed by 2 of 2"), "{said}");
}

/// A server on an older copy of its store is told so by the witness that has seen more.
#[test]
fn a_witness_that_has_seen_a_larger_log_is_not_argued_with() {
    let home = tempfile::tempdir().unwrap();
    let ahead = honest(1, heads_key(home.path()), 1_000_000);
    let server = Server::start_config(
        home.path(),
        &config("1", &witness_table("w1", &ahead.address, &keys(1).1.to_string())),
    );
    let client = Client::new(&server.address);
    decide(&client);
    wait_for("the warning", || {
        let said = fs::read_to_string(home.path().join("stderr")).unwrap();
        said.contains("has seen 1000000 entries of the heads log").then_some(())
    });
    assert_eq!(heads_checkpoint(&client).map(|text| signed_by(&text).1), Some(1));
}

#[test]
fn no_visitor_waits_for_those_who_hang_or_lie_and_the_server_stops_at_once() {
    let home = tempfile::tempdir().unwrap();
    let key = heads_key(home.path());
    let hangs = dishonest(|_| None);
    let garbage = dishonest(|_| Some((200, "text/plain", vec![0xff; 300_000])));
    let refuses = dishonest(|_| Some((500, "text/plain", b"no\n".to_vec())));
    // Signs in the name of witness 4 with another key.
    let lies = dishonest(|text| Some((200, "text/plain", cosign(text, 4, 9))));
    let conflict = dishonest(|_| Some((409, "text/x.tlog.size", b"-1\n".to_vec())));
    let stamps_hang = Other::new(|_, _| None);
    let stamps_garbage = Other::new(|_, _| Some((200, "application/timestamp-reply", b"0\x82\xff".to_vec())));
    let good = honest(6, key, 0);
    let mut tables = String::new();
    let all = [&hangs, &garbage, &refuses, &lies, &conflict, &good];
    for (seed, other) in (1..).zip(all) {
        let _ = write!(
            tables,
            "{}",
            witness_table(&format!("w{seed}"), &other.address, &keys(seed).1.to_string())
        );
    }
    let root = repository().join("consent-core/src/timestamp/fixtures/root.pem");
    for other in [&stamps_garbage, &stamps_hang] {
        let _ = write!(
            tables,
            "[[timestamp]]\nurl = \"{}\"\ncertificate = \"{}\"\n",
            other.address,
            root.display()
        );
    }
    let server = Server::start_config(home.path(), &config("1", &tables));
    let client = Client::new(&server.address);
    wait_for("the questions", || {
        all.iter().chain([&&stamps_hang]).all(|other| other.asked() > 0).then_some(())
    });
    // While one of each hangs: the others' cosignatures come, and visitors are answered as ever.
    let mut took: Vec<_> = (0..100).map(|_| decide(&client)).collect();
    took.sort();
    let (median, longest) = (took[50], took[99]);
    println!("with witnesses and services that hang: median {median:?}, longest {longest:?}");
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    let text = wait_for("the one good cosignature", || {
        heads_checkpoint(&client).filter(|text| signed_by(text).1 == 2)
    });
    assert!(text.contains(keys(6).1.name()) && !text.contains(keys(4).1.name()), "{text}");
    // Only the good one ever came so far, and nothing of the others is in the bundle.
    let (holds, said) = verify(&export(&server, home.path(), "newsroom.zip"), &[]);
    assert!(holds && said.contains("witnessed by 1 of 6") && said.contains("not time-stamped"), "{said}");
    let begun = Instant::now();
    assert!(server.stop().success());
    let stopped = begun.elapsed();
    println!("stopped within {stopped:?}");
    assert!(stopped < Duration::from_secs(3), "{stopped:?}");
    let said = fs::read_to_string(home.path().join("stderr")).unwrap();
    for reason in [
        "answered 500: no",
        "something else than its cosignature",
        "answered 409: -1",
        "not a response of RFC 3161",
    ] {
        assert!(said.contains(reason), "{reason}: {said}");
    }
}
