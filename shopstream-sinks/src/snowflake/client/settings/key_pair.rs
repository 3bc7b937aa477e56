//! RSA keys, and the tokens that they sign.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfo, ObjectIdentifier, SecretDocument, SubjectPublicKeyInfoRef,
    der::{
        Encode,
        asn1::{AnyRef, BitStringRef},
    },
};
use ring::{rand::SystemRandom, rsa, signature::RSA_PKCS1_SHA256};
use serde_json::json;
use sha2::{Digest, Sha256};
use shopstream_core::{Error, Result, Secret, Timestamp};
use std::{fmt, sync::Arc};

/// An RSA key with which a user logs in.
///
/// What it signs are the tokens of
/// [key-pair authentication](https://docs.snowflake.com/en/user-guide/key-pair-auth): JWT with RS256.
#[derive(Clone)]
pub struct KeyPair {
    key: Arc<rsa::KeyPair>,
    fingerprint: String,
}

/// How long a token is good for: it is used at once, and the server takes none that is older than an hour.
const VALID_SECONDS: i64 = 300;
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

impl KeyPair {
    /// Reads a private key: PKCS#8 as PEM, as `openssl pkcs8 -topk8` writes it, encrypted (PBES2, also with `-v2 des3`)
    /// if there is a passphrase. Line ends may be written `\n`, as in variables that have but one line.
    ///
    /// # Errors
    /// `Config` when the text is no such key, the passphrase is missing or wrong, or the key is under 2048 bits.
    pub fn from_pem(pem: &Secret, passphrase: Option<&Secret>) -> Result<Self> {
        let wrong = |message: &'static str| Error::config(message);
        let text = Secret::new(pem.expose().replace("\\n", "\n").trim());
        let (label, document) = SecretDocument::from_pem(text.expose())
            .map_err(|_| wrong("the private key is not PEM: it begins with -----BEGIN PRIVATE KEY-----"))?;
        let document = match (label, passphrase) {
            ("PRIVATE KEY", _) => document,
            ("ENCRYPTED PRIVATE KEY", Some(passphrase)) => EncryptedPrivateKeyInfo::try_from(document.as_bytes())
                .and_then(|encrypted| encrypted.decrypt(passphrase.expose()))
                .map_err(|_| {
                    wrong("the private key cannot be decrypted: the passphrase is wrong, or it is not PBES2")
                })?,
            ("ENCRYPTED PRIVATE KEY", None) => {
                return Err(wrong("the private key is encrypted: give its passphrase"));
            }
            _ => return Err(wrong("the private key is not PKCS#8: convert it by openssl pkcs8 -topk8")),
        };
        let key = rsa::KeyPair::from_pkcs8(document.as_bytes())
            .map_err(|_| wrong("the private key is no RSA key of 2048 to 4096 bits"))?;
        let fingerprint = fingerprint(key.public().as_ref())
            .map_err(|_| Error::internal("the public half of an RSA key has no DER form"))?;
        Ok(Self { key: Arc::new(key), fingerprint })
    }

    /// The fingerprint of its public half, as `DESC USER` shows it: `SHA256:` and base64.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// A token for an account and a user, both in upper case.
    pub(super) fn sign(&self, account: &str, user: &str, now: Timestamp) -> Result<Secret> {
        let subject = format!("{account}.{user}");
        let issued = now.micros().div_euclid(1_000_000);
        let claims = json!({
            "iss": format!("{subject}.{}", self.fingerprint),
            "sub": subject,
            "iat": issued,
            "exp": issued + VALID_SECONDS,
        });
        let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        // The randomness guards the computation and is no part of the signature.
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|_| Error::internal("an RSA key could not sign"))?;
        Ok(Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

/// Of the key as SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
fn fingerprint(public: &[u8]) -> pkcs8::der::Result<String> {
    let algorithm = AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::NULL) };
    let subject_public_key = BitStringRef::from_bytes(public)?;
    let info = SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der()?;
    Ok(format!("SHA256:{}", STANDARD.encode(Sha256::digest(info))))
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use shopstream_core::timestamp;

    // Of no account: made by openssl for this test, and encrypted by it in the two ways of Snowflake's guide.
    const PLAIN: &str = include_str!("../../../../tests/snowflake/keys/plain.p8");
    const AES: &str = include_str!("../../../../tests/snowflake/keys/aes.p8");
    const DES3: &str = include_str!("../../../../tests/snowflake/keys/des3.p8");
    /// `openssl rsa -pubout -outform DER | openssl dgst -sha256 -binary | base64`
    const FINGERPRINT: &str = concat!("SHA256:", include_str!("../../../../tests/snowflake/keys/fingerprint.txt"));

    fn read(pem: &str, passphrase: Option<&str>) -> Result<KeyPair> {
        KeyPair::from_pem(&Secret::new(pem), passphrase.map(Secret::new).as_ref())
    }

    #[test]
    fn keys_are_read_plain_and_encrypted() {
        let one_line = PLAIN.trim().replace('\n', "\\n");
        for (pem, passphrase) in [(PLAIN, None), (&one_line, None), (AES, Some("planted")), (DES3, Some("planted"))] {
            assert_eq!(read(pem, passphrase).unwrap().fingerprint(), FINGERPRINT.trim());
        }
    }

    #[test]
    fn what_is_wrong_is_told_and_no_key_is_shown() {
        let body = PLAIN.lines().nth(1).unwrap();
        for (pem, passphrase, says) in [
            (AES, None, "give its passphrase"),
            (AES, Some("planted-wrong"), "cannot be decrypted"),
            (body, None, "not PEM"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----", None, "not PKCS#8"),
            ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----", None, "no RSA key"),
        ] {
            let error = read(pem, passphrase).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(says) && !shown.contains("planted") && !shown.contains(body), "{shown}");
        }
        assert_eq!(
            format!("{:?}", read(PLAIN, None).unwrap()),
            format!("KeyPair {{ fingerprint: {:?}, .. }}", FINGERPRINT.trim())
        );
    }

    #[test]
    fn tokens_are_signed_for_a_short_time() {
        let pair = read(PLAIN, None).unwrap();
        let token = pair.sign("MYORG-SHOP", "LOADER", timestamp!("2026-01-14 02:00:00.9")).unwrap();
        let (message, signature) = token.expose().rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.key.public());
        public.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(message.split_once('.').unwrap().1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        let issued = 1_768_356_000;
        let iss = format!("MYORG-SHOP.LOADER.{}", FINGERPRINT.trim());
        assert_eq!(claims, json!({"iss": iss, "sub": "MYORG-SHOP.LOADER", "iat": issued, "exp": issued + 300}));
    }
}
