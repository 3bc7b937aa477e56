//! One connection at a time, and a clear no to a second.
//!
//! The embedded server has one session. It lets a second client connect and then answers nothing until the first has
//! left, and a client that breaks off in the middle of an answer ends it for good. So clients come to this gate: it
//! waits a moment for the one before to leave, refuses whoever comes while it stays, and reads what the server still
//! has to say when a client is gone.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How long a client is waited for that has left already but whose farewell is still on its way.
const FAREWELL: Duration = Duration::from_secs(1);
/// What opens a connection that only asks to cancel a statement, after its length.
const CANCEL: [u8; 4] = 80_877_102_u32.to_be_bytes();
/// More than any client opens a connection with.
const LONGEST_OPENING: usize = 10_000;

/// The door to the server.
#[derive(Debug)]
pub(crate) struct Gate {
    address: SocketAddr,
    place: Arc<Place>,
}

/// The one place inside.
#[derive(Debug, Default)]
struct Place {
    guest: Mutex<Guest>,
    left: Condvar,
}

#[derive(Debug, Default)]
enum Guest {
    #[default]
    Nobody,
    /// The client's side of the connection.
    Somebody(TcpStream),
    /// The house is closed.
    Never,
}

impl Gate {
    /// Listens for clients of the server at this address.
    pub(crate) fn open(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (address, place) = (listener.local_addr()?, Arc::new(Place::default()));
        let inside = place.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let place = inside.clone();
                // A client that fails is none of the others' business.
                thread::spawn(move || place.welcome(client, server));
            }
        });
        Ok(Self { address, place })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends the client away, and lets nobody in any more.
    pub(crate) fn close(&self) {
        let mut guest = self.place.guest();
        if let Guest::Somebody(client) = &*guest {
            let _ = client.shutdown(Shutdown::Both);
        }
        *guest = Guest::Never;
    }
}

impl Place {
    fn guest(&self) -> MutexGuard<'_, Guest> {
        self.guest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn welcome(&self, mut client: TcpStream, server: SocketAddr) -> io::Result<()> {
        let opening = opening(&mut client)?;
        if opening.get(4..8) == Some(&CANCEL) {
            // The server cannot: it sees a connection when the statement is over.
            return Ok(());
        }
        if !self.take(client.try_clone()?) {
            return client.write_all(&refusal());
        }
        let done = serve(client, &opening, server);
        let mut guest = self.guest();
        if let Guest::Somebody(_) = *guest {
            *guest = Guest::Nobody;
        }
        self.left.notify_one();
        done
    }

    /// Takes the place, if it is free in time.
    fn take(&self, client: TcpStream) -> bool {
        let taken = |guest: &mut Guest| matches!(guest, Guest::Somebody(_));
        let waited = self.left.wait_timeout_while(self.guest(), FAREWELL, taken);
        let (mut guest, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let free = matches!(*guest, Guest::Nobody);
        if free {
            *guest = Guest::Somebody(client);
        }
        free
    }
}

/// A client's first message: its length, and as much.
fn opening(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let whole = u32::from_be_bytes(length) as usize;
    if !(8..=LONGEST_OPENING).contains(&whole) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut opening = length.to_vec();
    opening.resize(whole, 0);
    client.read_exact(&mut opening[4..])?;
    Ok(opening)
}

/// Carries bytes both ways until the client and then the server have nothing more to say.
fn serve(mut client: TcpStream, opening: &[u8], server: SocketAddr) -> io::Result<()> {
    let mut inside = TcpStream::connect(server)?;
    inside.set_nodelay(true)?;
    client.set_nodelay(true)?;
    inside.write_all(opening)?;
    let (mut from, mut to) = (client.try_clone()?, inside.try_clone()?);
    let asking = thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    if io::copy(&mut inside, &mut client).is_err() {
        io::copy(&mut inside, &mut io::sink())?;
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = asking.join();
    Ok(())
}

/// What PostgreSQL says when it is full.
fn refusal() -> Vec<u8> {
    let fields = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already: there is one connection only\0\0";
    let mut message = vec![b'E'];
    message.extend_from_slice(&(fields.len() as u32 + 4).to_be_bytes());
    message.extend_from_slice(fields);
    message
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::{sync::mpsc, time::Instant};

    /// Eight bytes: a length and a version.
    const HELLO: [u8; 8] = [0, 0, 0, 8, 0, 3, 0, 0];

    /// A server with one session, which gives back what it gets, and says which session has ended.
    fn echo() -> (SocketAddr, mpsc::Receiver<usize>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (ended, endings) = mpsc::channel();
        thread::spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                let client = client.unwrap();
                // It fails for good when a client does.
                io::copy(&mut client.try_clone().unwrap(), &mut { client }).unwrap();
                // Not every test waits for it.
                let _ = ended.send(number);
            }
        });
        (address, endings)
    }

    fn connect(gate: &Gate) -> TcpStream {
        let mut client = TcpStream::connect(gate.address()).unwrap();
        client.write_all(&HELLO).unwrap();
        client
    }

    fn greeted(client: &mut TcpStream) -> bool {
        let mut answer = [0; 8];
        client.read_exact(&mut answer).unwrap();
        answer == HELLO
    }

    #[test]
    fn lets_in_one_and_refuses_the_next_until_the_first_has_left() {
        let gate = Gate::open(echo().0).unwrap();
        let mut first = connect(&gate);
        assert!(greeted(&mut first));

        let mut answer = vec![];
        connect(&gate).read_to_end(&mut answer).unwrap();
        assert_eq!(answer, refusal());
        assert!(answer.windows(6).any(|w| w == b"C53300"));

        let mut patient = connect(&gate);
        drop(first);
        assert!(greeted(&mut patient));
    }

    #[test]
    fn a_client_that_breaks_off_is_not_felt_inside() {
        let (server, endings) = echo();
        let gate = Gate::open(server).unwrap();
        let mut client = connect(&gate);
        assert!(greeted(&mut client));
        // More than the buffers on the way hold, and nobody takes the answer.
        let _ = client.set_write_timeout(Some(Duration::from_millis(200)));
        while client.write_all(&[1; 65536]).is_ok() {}
        drop(client);
        assert_eq!(endings.recv_timeout(Duration::from_secs(10)), Ok(0));
        assert!(greeted(&mut connect(&gate)));
    }

    #[test]
    fn a_cancel_request_is_not_kept_waiting() {
        let gate = Gate::open(echo().0).unwrap();
        let mut first = connect(&gate);
        assert!(greeted(&mut first));
        let since = Instant::now();
        let mut cancel = TcpStream::connect(gate.address()).unwrap();
        cancel.write_all(&[&[0, 0, 0, 16], &CANCEL[..], &[0; 8]].concat()).unwrap();
        assert_eq!(cancel.read(&mut [0]).unwrap(), 0);
        assert!(since.elapsed() < FAREWELL);
    }

    #[test]
    fn a_closed_house_lets_nobody_in() {
        let gate = Gate::open(echo().0).unwrap();
        let mut first = connect(&gate);
        assert!(greeted(&mut first));
        gate.close();
        assert_eq!(first.read(&mut [0]).unwrap(), 0);
        let mut answer = vec![];
        connect(&gate).read_to_end(&mut answer).unwrap();
        assert_eq!(answer, refusal());
    }
}
