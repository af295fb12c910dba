//! Signatures of plugins in a store: without one of a known key nothing is taken from there.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use connector::plugin::Digest;
use connector::slot::{Choice, Keys, Place, Policies, Slot};
use minisign::KeyPair;
use tests::processes::program;
use tests::stores::PATIENT;
use tests::{component, plugin, sdk_config};

/// A pair of keys: the public one as a setting has it, and the secret one in a file.
struct Signer {
    public: String,
    secret: PathBuf,
}

impl Signer {
    fn new(folder: &Path, name: &str, password: Option<&str>) -> Self {
        let pair = match password {
            None => KeyPair::generate_unencrypted_keypair(),
            Some(password) => KeyPair::generate_encrypted_keypair(Some(password.to_owned())),
        };
        let pair = pair.unwrap();
        let secret = folder.join(name);
        let text = pair.sk.to_box(None).unwrap().into_string();
        std::fs::write(&secret, text).unwrap();
        Self {
            public: pair.pk.to_base64(),
            secret,
        }
    }
}

fn run(arguments: &[&str], password: Option<&str>) -> Output {
    let mut command = Command::new(program("athena-timestream").unwrap());
    command.arg("plugin").args(arguments);
    if let Some(password) = password {
        command.env("MINISIGN_PASSWORD", password);
    }
    command.output().unwrap()
}

fn succeed(arguments: &[&str], password: Option<&str>) {
    let output = run(arguments, password);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Copies a component, signs it, and pushes it under a name.
fn push(work: &Path, signer: Option<&Signer>, plugin: &str, store: &Path, name: &str) -> Digest {
    let file = work.join("plugin.wasm");
    let signature = work.join("plugin.wasm.minisig");
    let bytes = std::fs::read(component(plugin).unwrap()).unwrap();
    std::fs::write(&file, &bytes).unwrap();
    drop(std::fs::remove_file(signature));
    let path = file.to_str().unwrap();
    if let Some(signer) = signer {
        let key = signer.secret.to_str().unwrap();
        succeed(&["sign", path, "--key", key], None);
    }
    succeed(
        &["push", path, store.to_str().unwrap(), "--name", name],
        None,
    );
    Digest::of(&bytes)
}

#[tokio::test]
async fn an_unsigned_plugin_leaves_the_last_good_one_in_place() {
    let work = tempfile::tempdir().unwrap();
    let work = work.path();
    let store = work.join("store");
    let (known, other) = (
        Signer::new(work, "known", None),
        Signer::new(work, "other", None),
    );
    let keys = format!(
        "{}, {}",
        Signer::new(work, "third", None).public,
        known.public
    );
    let keys = Keys::parse(&keys).unwrap();
    let choice = |name: &str| Choice::parse(name).unwrap();
    let config = sdk_config("", "");
    let place = Place::Folder(store.clone());
    let packaged = plugin("timestream").unwrap();
    let slot = |name| {
        let slot = Slot::new(packaged.clone(), Some(&place), &keys, choice(name), &config);
        slot.with_times(Duration::ZERO, PATIENT)
    };
    let compat = slot("java-compat");

    // Nothing good was seen yet: the package's goes on.
    push(work, None, "java-compat", &store, "java-compat");
    let current = compat.current(None).await.unwrap();
    assert_eq!(current.digest(), packaged.digest());
    let refusal = compat.refusal(None).unwrap();
    assert!(refusal.contains(".wasm.minisig"), "{refusal}");

    push(work, Some(&other), "java-compat", &store, "java-compat");
    let current = compat.current(None).await.unwrap();
    assert_eq!(current.digest(), packaged.digest());
    let refusal = compat.refusal(None).unwrap();
    assert!(refusal.contains("none of the keys"), "{refusal}");

    // The same component, signed at last: it was not remembered as bad.
    let good = push(work, Some(&known), "java-compat", &store, "java-compat");
    assert_eq!(*compat.current(None).await.unwrap().digest(), good);
    assert_eq!(compat.refusal(None), None);

    // A signed plugin under another one's name; one with the signature of another.
    push(work, Some(&known), "faulty", &store, "java-compat");
    assert_eq!(*compat.current(None).await.unwrap().digest(), good);
    let refusal = compat.refusal(None).unwrap();
    assert!(refusal.contains("signed as `faulty`"), "{refusal}");
    let folder = store.join("faulty");
    let digest = push(work, None, "faulty", &store, "faulty");
    let stolen = store.join(format!("java-compat/{good}.wasm.minisig"));
    std::fs::copy(stolen, folder.join(format!("{digest}.wasm.minisig"))).unwrap();
    let faulty = slot("faulty");
    let current = faulty.current(None).await.unwrap();
    assert_eq!(current.digest(), packaged.digest());
    let refusal = faulty.refusal(None).unwrap();
    assert!(refusal.contains("none of the keys"), "{refusal}");
    // A query that was planned with it does not get it either.
    let error = faulty.of_digest(None, &digest).await.unwrap_err();
    assert!(error.message().contains("none of the keys"), "{error}");
    // Bytes that are not a signature.
    let signature = folder.join(format!("{digest}.wasm.minisig"));
    for (bytes, said) in [
        (&b"x"[..], "not one of minisign's"),
        (b"\xff", "not a text"),
        (&[b'x'; 5000], "more than 4096 bytes"),
    ] {
        std::fs::write(&signature, bytes).unwrap();
        faulty.current(None).await.unwrap();
        let refusal = faulty.refusal(None).unwrap();
        assert!(refusal.contains(said), "{said}: {refusal}");
    }
}

#[tokio::test]
async fn a_policy_that_is_not_signed_lets_nothing_through() {
    let work = tempfile::tempdir().unwrap();
    let work = work.path();
    let store = work.join("store");
    let known = Signer::new(work, "known", None);
    let keys = Keys::parse(&known.public).unwrap();
    let place = Place::Folder(store.clone());
    let engine = connector::plugin::Engine::new().unwrap();
    let policies = || {
        let chain = vec![Choice::parse("guard").unwrap()];
        let config = sdk_config("", "");
        Policies::new(chain, Some(&place), &keys, work, &engine, &config)
    };
    push(work, None, "guard", &store, "guard");
    let error = policies().current().await.unwrap_err();
    assert!(error.message().contains(".wasm.minisig"), "{error}");
    let digest = push(work, Some(&known), "guard", &store, "guard");
    let [guard] = policies().current().await.unwrap().try_into().unwrap();
    assert_eq!(*guard.digest(), digest);
}

#[test]
fn a_key_with_a_password_signs_and_what_is_wrong_is_said() {
    let work = tempfile::tempdir().unwrap();
    let work = work.path();
    let file = work.join("p.wasm");
    std::fs::write(&file, "any bytes").unwrap();
    let path = file.to_str().unwrap();
    let signer = Signer::new(work, "key", Some("right"));
    let key = signer.secret.to_str().unwrap();
    let wrong = run(&["sign", path, "--key", key], Some("wrong"));
    assert!(!wrong.status.success());
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(said.contains("cannot use the key in"), "{said}");
    succeed(&["sign", path, "--key", key], Some("right"));
    // Another program of the same format believes it.
    let signature = std::fs::read_to_string(work.join("p.wasm.minisig")).unwrap();
    let signature = minisign::SignatureBox::from_string(&signature).unwrap();
    let public = minisign::PublicKey::from_base64(&signer.public).unwrap();
    let bytes = std::io::Cursor::new(b"any bytes");
    minisign::verify(&public, &signature, bytes, true, false, false).unwrap();
    for text in ["", "RW", &format!("{},", signer.public)] {
        assert!(Keys::parse(text).is_err(), "{text}");
    }
}
