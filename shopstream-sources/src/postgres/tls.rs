//! TLS by rustls: which servers are trusted, and the handshake.

use futures::future::BoxFuture;
use sha2::{Digest, Sha256, Sha384, Sha512};
use shopstream_core::{Error, Result};
use std::{
    fmt, fs, io,
    path::Path,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
        client::{
            WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        },
        crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    },
};

use super::{
    encryption::{Encryption, Mode},
    socket::{Lent, Peer, Socket},
};

/// The settings of TLS once they are made: certificates are read at the first connection.
#[derive(Clone, Default)]
pub(super) struct Prepared(Arc<OnceLock<Arc<ClientConfig>>>);

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared")
    }
}

impl Encryption {
    /// What makes a connection to this address encrypted.
    pub(super) fn handshake(&self, peer: &Peer) -> Result<Handshake> {
        if self.mode == Mode::Disable || !peer.may_encrypt() {
            return Ok(Handshake(None));
        }
        let settings = match self.prepared.0.get() {
            Some(settings) => settings.clone(),
            None => {
                let made = Arc::new(settings(self)?);
                self.prepared.0.get_or_init(|| made).clone()
            }
        };
        let name = ServerName::try_from(peer.name())
            .map_err(|_| Error::config("the server's name is none that a certificate can be for"))?;
        Ok(Handshake(Some((TlsConnector::from(settings), name))))
    }
}

fn settings(encryption: &Encryption) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(encryption, &provider)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::internal("TLS cannot be set up").caused_by(e))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match (&encryption.certificate, &encryption.key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate, "sslcert")?;
            let key = PrivateKeyDer::from_pem_slice(&read(key, "sslkey")?)
                .map_err(|_| Error::config("sslkey is no private key in PEM").with("file", key.display()))?;
            config
                .with_client_auth_cert(chain, key)
                .map_err(|e| Error::config("sslcert and sslkey are no pair").with("cause", e))?
        }
        _ => config.with_no_client_auth(),
    };
    // What a server asks for that is spoken to without a request for TLS first.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(config)
}

fn read(path: &Path, parameter: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| {
        Error::config(format!("the file of {parameter} cannot be read")).with("file", path.display()).caused_by(e)
    })
}

fn certificates(path: &Path, parameter: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(&read(path, parameter)?)
        .collect::<Result<_, _>>()
        .map_err(|_| Error::config(format!("{parameter} is not in PEM")).with("file", path.display()))?;
    if found.is_empty() {
        return Err(Error::config(format!("{parameter} has no certificate")).with("file", path.display()));
    }
    Ok(found)
}

fn verifier(encryption: &Encryption, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
    let checked_name = match encryption.mode {
        Mode::VerifyFull => true,
        Mode::VerifyCa => false,
        // libpq too checks the chain as soon as it is told whom to trust.
        Mode::Require if encryption.roots.is_some() => false,
        _ => return Ok(Arc::new(Lenient { provider: provider.clone(), chain: None })),
    };
    let mut roots = RootCertStore::empty();
    match &encryption.roots {
        Some(path) => {
            for root in certificates(path, "sslrootcert")? {
                let added = roots.add(root);
                added.map_err(|e| {
                    Error::config("sslrootcert has a certificate that cannot be trusted").with("cause", e)
                })?;
            }
        }
        None => {
            let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|e| Error::config("there is no certificate to trust: give sslrootcert").with("cause", e))?;
    Ok(if checked_name { verifier } else { Arc::new(Lenient { provider: provider.clone(), chain: Some(verifier) }) })
}

/// Trusts more than a chain for the server's name: any chain from roots, whatever name it is for, or without roots
/// whoever answers. That the server has the key of its certificate is checked all the same.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    chain: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // The name is looked at last.
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// One handshake; without settings there is none.
pub(super) struct Handshake(Option<(TlsConnector, ServerName<'static>)>);

impl TlsConnect<Lent> for Handshake {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Encrypted>>;

    fn connect(self, lent: Lent) -> Self::Future {
        Box::pin(async move {
            let (Some((connector, name)), Some(Socket::Tcp(plain))) = (self.0, lent.take()) else {
                return Err(io::ErrorKind::Unsupported.into());
            };
            let stream = connector.connect(name, plain).await?;
            let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let binding = certificate.and_then(|c| end_point(c));
            lent.put(Socket::Tls(Box::new(stream)));
            Ok(Encrypted { lent, binding })
        })
    }
}

/// A loan of a socket that is encrypted by now.
pub(super) struct Encrypted {
    lent: Lent,
    binding: Option<Vec<u8>>,
}

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        self.binding.clone().map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lent).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.lent).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lent).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lent).poll_shutdown(cx)
    }
}

/// `tls-server-end-point` (RFC 5929): the certificate's hash, by the hash function of its signature; SHA-256 where that
/// is weaker. `None` for a signature that has none.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01];
    const ECDSA: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03];
    let (outer, _) = der(certificate)?;
    let (_, rest) = der(outer)?;
    let (algorithm, _) = der(rest)?;
    let (oid, _) = der(algorithm)?;
    let bits = match (oid.strip_prefix(RSA), oid.strip_prefix(ECDSA)) {
        (Some([4 | 5 | 11]), _) | (_, Some([2])) => 256,
        (Some([12]), _) | (_, Some([3])) => 384,
        (Some([13]), _) | (_, Some([4])) => 512,
        _ => return None,
    };
    Some(match bits {
        384 => Sha384::digest(certificate).to_vec(),
        512 => Sha512::digest(certificate).to_vec(),
        _ => Sha256::digest(certificate).to_vec(),
    })
}

/// The content of the DER value that the bytes begin with, and what follows it.
fn der(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[_, first], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match first {
        ..=0x7F => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (digits.iter().fold(0, |n, digit| n << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}
