//! Key files: ours, OpenSSL's, and nonsense.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use ed25519_dalek::pkcs8::{KeypairBytes, PublicKeyBytes};
use packman_machine::files::{self, Keeping};
use packman_machine::home::Home;
use packman_machine::ssh_agent::AgentFailure;
use packman_machine::stop::Stop;
use packman_tuf::SigningKey;
use pkcs8::{EncodePrivateKey as _, LineEnding};

use super::pem::{KeyFile, decode};
use super::ring::keys_folder;
use super::{KeyPlace, KeyRing, Passphrase, Passphrases, encode};
use packman_strict::Sha256;

const SEED: [u8; 32] = [7; 32];

/// `openssl genpkey -algorithm ed25519`.
const OPENSSL: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIKXhEkozrSl+OuthurNWYf7FJDQS7lAOo4u/EedKwOu
-----END PRIVATE KEY-----
";

/// The same after `openssl pkcs8 -topk8 -v2 aes-256-cbc`, with the passphrase `right`.
const OPENSSL_LOCKED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiv4TXsiYLAowICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDos2tOSDBldT6fldRz8Zv0EQBGr
s9YJg3brbTAx+oRK9HR04UC+RdCTsUjJlXxXPAY0x864ecydWFUMVJVxmD9As9wY
MHRyRtZ1DjtwKjtyZO8=
-----END ENCRYPTED PRIVATE KEY-----
";

/// Somebody who answers with these, one after the other.
struct Answers<'a>(&'a [&'a str], AtomicUsize);

impl Passphrases for Answers<'_> {
    fn new_passphrase(&self) -> Option<Passphrase> {
        self.existing(Path::new(""), false)
    }

    fn existing(&self, _: &Path, again: bool) -> Option<Passphrase> {
        let asked = self.1.load(Ordering::Relaxed);
        assert_eq!(again, asked > 0, "`again` says whether one was wrong");
        self.1.store(asked + 1, Ordering::Relaxed);
        self.0.get(asked).map(|text| Passphrase::new((*text).to_owned()))
    }
}

/// Opens a key file that holds this text, with these answers; tells how often was asked.
fn check(text: &str, id: &str, answers: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let keys = folder.path().join(keys_folder(&Sha256::of(b"it")));
    files::make_private_folder(&keys).unwrap();
    files::write_file(&keys.join("root.pem"), text.as_bytes(), Keeping::Home).unwrap();
    let answers = Answers(answers, AtomicUsize::new(0));
    let mut ring =
        KeyRing::of(&home, &Sha256::of(b"it"), &answers, (&Err(AgentFailure::None), &Stop::new())).unwrap();
    let place = KeyPlace { id: id.to_owned(), file: Some(PathBuf::from("root.pem")), keeper: None };
    let opened = ring.open("root", std::slice::from_ref(&place), 1).map(|keys| keys.len());
    // What opened it once opens it again.
    let second = if opened.is_ok() { ring.open("root", &[place], 1).map(|keys| keys.len()) } else { Ok(0) };
    let asked = answers.1.load(Ordering::Relaxed);
    match (opened, second) {
        (Ok(one), Ok(two)) => format!("{one} then {two}, asked {asked}"),
        (Err(error), _) | (_, Err(error)) => {
            let words = format!("{}: {error}", error.code());
            let words = words.replace(&folder.path().to_string_lossy().into_owned(), "~");
            words.replace(&Sha256::of(b"it").to_string(), "it")
        }
    }
}

fn own_id() -> String {
    SigningKey::from_seed(SEED).id().as_str().to_owned()
}

#[test]
fn a_key_without_passphrase_opens_by_itself_and_has_the_public_half_of_its_seed() {
    let text = encode(&SEED, None).unwrap();
    assert_eq!(text.lines().count(), 3, "as short as OpenSSL writes it");
    assert_eq!(check(&text, &own_id(), &[]), "1 then 1, asked 0");
}

#[test]
fn reads_what_openssl_writes() {
    let Ok(KeyFile::Open(key)) = decode(OPENSSL) else { panic!("an open key") };
    let id = key.id().as_str().to_owned();
    assert_eq!(check(OPENSSL_LOCKED, &id, &["wrong", "right"]), "1 then 1, asked 2");
}

#[test]
fn a_passphrase_is_asked_for_once_and_three_times_at_most() {
    let text = encode(&SEED, Some(&Passphrase::new("right".to_owned()))).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assert_eq!(check(&text, &own_id(), &["wrong", "right"]), "1 then 1, asked 2");
    insta::assert_snapshot!(
        check(&text, &own_id(), &["a", "b", "c", "right"]),
        @"passphrase: the passphrase does not open `~/keys/it/root.pem`"
    );
    insta::assert_snapshot!(check(&text, &own_id(), &[]), @"passphrase: `~/keys/it/root.pem` needs its passphrase");
}

#[test]
fn refuses_files_that_are_no_key_and_keys_of_another_database() {
    let text = encode(&SEED, None).unwrap();
    insta::assert_snapshot!(check(&text, "other", &[]), @"malformed-key: `~/keys/it/root.pem`: found the key bfe1a83869e5bf574e3ff3acbb83f840de84a990d10059f3096f0bf4f2b90c10, wanted `other`");
    insta::assert_snapshot!(check("hello", &own_id(), &[]), @"malformed-key: `~/keys/it/root.pem`: wanted a private key in PEM (`-----BEGIN PRIVATE KEY-----`)");
    insta::assert_snapshot!(check(&text.replace("PRIVATE", "PUBLIC"), &own_id(), &[]), @"malformed-key: `~/keys/it/root.pem`: wanted a PKCS#8 private key, found another kind of PEM");
    let rsa = text.replace("K2Vw", "K2Vx");
    insta::assert_snapshot!(check(&rsa, &own_id(), &[]), @"malformed-key: `~/keys/it/root.pem`: wanted an Ed25519 private key");
}

#[test]
fn refuses_a_key_whose_halves_belong_to_two_keys() {
    let with_public_half_of = |seed: [u8; 32]| {
        let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let pair = KeypairBytes { secret_key: SEED, public_key: Some(PublicKeyBytes(public)) };
        check(&pair.to_pkcs8_pem(LineEnding::LF).unwrap(), &own_id(), &[])
    };
    assert_eq!(with_public_half_of(SEED), "1 then 1, asked 0");
    insta::assert_snapshot!(with_public_half_of([8; 32]), @"malformed-key: `~/keys/it/root.pem`: its public half belongs to another key");
}

#[test]
fn a_key_that_is_not_here_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let answers = Answers(&[], AtomicUsize::new(0));
    let mut ring =
        KeyRing::of(&home, &Sha256::of(b"it"), &answers, (&Err(AgentFailure::None), &Stop::new())).unwrap();
    let place = KeyPlace { id: String::new(), file: Some(PathBuf::from("root.pem")), keeper: None };
    let error = ring.open("root", &[place], 1).map(|keys| keys.len()).unwrap_err();
    assert_eq!(error.code(), "key-missing");
}
