//! A server that speaks Snowflake's protocol, and does what a test tells it.

use serde_json::{Value, json};
use shopstream_core::{FixedClock, Secret, timestamp};
use shopstream_sinks::snowflake::client::{Credentials, Retries, Session, Settings};
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::sleep,
};
use url::Url;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

/// What becomes of a request.
pub(crate) enum Told {
    Json(Value),
    Http {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Its header tells of so many bytes, whatever the body has.
    Lying {
        length: usize,
        body: Vec<u8>,
    },
    /// The connection is reset.
    Reset,
    /// No answer, ever.
    Silence,
    /// When something else has happened.
    When(Arc<Notify>, Box<Told>),
}

#[derive(Default)]
struct Seen {
    asked: Vec<Asked>,
    under_way: HashMap<String, usize>,
    most: HashMap<String, usize>,
}

/// The server.
pub(crate) struct Server {
    pub(crate) url: Url,
    seen: Arc<Mutex<Seen>>,
    news: Arc<Notify>,
}

type Handler = Box<dyn FnMut(&Asked) -> Option<Told> + Send>;

impl Asked {
    pub(crate) fn is_query(&self) -> bool {
        self.path == "/queries/v1/query-request"
    }

    pub(crate) fn sql(&self) -> &str {
        self.body["sqlText"].as_str().unwrap_or_default()
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.query["requestId"]
    }

    pub(crate) fn token(&self) -> &str {
        self.headers.get("authorization").map_or("", String::as_str)
    }
}

impl Server {
    /// Starts it. What the handler leaves to it, it answers well.
    pub(crate) async fn start(handler: impl FnMut(&Asked) -> Option<Told> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let (seen, news) = (Arc::new(Mutex::new(Seen::default())), Arc::new(Notify::new()));
        let handler: Arc<Mutex<Handler>> = Arc::new(Mutex::new(Box::new(handler)));
        let (all, tell) = (seen.clone(), news.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client may leave in the midst of anything.
                tokio::spawn(serve(stream, handler.clone(), all.clone(), tell.clone()));
            }
        });
        Self { url, seen, news }
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().asked.clone()
    }

    /// The paths of all requests so far.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }

    /// The requests for this path so far.
    pub(crate) fn of(&self, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.path == path).collect()
    }

    /// The statements so far.
    pub(crate) fn queries(&self) -> Vec<Asked> {
        self.of("/queries/v1/query-request")
    }

    /// How many requests for paths that begin so were under way at once, at most.
    pub(crate) fn most_at_once(&self, folder: &str) -> usize {
        self.seen.lock().unwrap().most.get(folder).copied().unwrap_or_default()
    }

    /// Waits until a path was asked for.
    pub(crate) async fn wait_for(&self, path: &str) -> Asked {
        loop {
            let heard = self.news.notified();
            if let Some(asked) = self.of(path).pop() {
                return asked;
            }
            tokio::time::timeout(Duration::from_secs(30), heard).await.unwrap_or_else(|_| panic!("no {path}"));
        }
    }

    /// Settings for it, with pauses too short to notice.
    pub(crate) fn settings(&self) -> Settings {
        Settings::new("myorg-shop".parse().unwrap(), "loader", Credentials::Password(Secret::new("pw")))
            .with_endpoint(self.url.clone())
            .with_database("SHOP")
            .with_run("shop-2026-01-14")
            .with_retries(retries())
    }

    pub(crate) fn session(&self) -> Session {
        session(self.settings())
    }
}

/// Three further tries, after pauses too short to notice.
pub(crate) fn retries() -> Retries {
    Retries::default().with_times(3).with_pauses(Duration::from_millis(1), Duration::from_millis(5))
}

pub(crate) fn session(settings: Settings) -> Session {
    Session::new(settings, Arc::new(FixedClock(timestamp!("2026-01-14 02:00:00")))).unwrap()
}

async fn serve(
    mut stream: TcpStream,
    handler: Arc<Mutex<Handler>>,
    seen: Arc<Mutex<Seen>>,
    news: Arc<Notify>,
) -> io::Result<()> {
    let asked = read(&mut stream).await?;
    let folder = asked.path.split('/').nth(1).unwrap_or_default().to_owned();
    {
        let mut seen = seen.lock().unwrap();
        seen.asked.push(asked.clone());
        let now = seen.under_way.entry(folder.clone()).or_default();
        *now += 1;
        let now = *now;
        let most = seen.most.entry(folder.clone()).or_default();
        *most = now.max(*most);
    }
    news.notify_waiters();
    let told = (handler.lock().unwrap())(&asked);
    tell(stream, told.unwrap_or_else(|| usual(&asked)), || {
        *seen.lock().unwrap().under_way.get_mut(&folder).unwrap() -= 1;
    })
    .await
}

async fn tell(mut stream: TcpStream, mut told: Told, done: impl FnOnce()) -> io::Result<()> {
    while let Told::When(event, then) = told {
        event.notified().await;
        told = *then;
    }
    // What follows is seen by the client: before that the request is over for the counts.
    done();
    let (status, headers, length, body) = match told {
        Told::Json(body) => {
            let body = body.to_string().into_bytes();
            (200, vec![("content-type", "application/json".to_owned())], body.len(), body)
        }
        Told::Http { status, headers, body } => (status, headers, body.len(), body),
        Told::Lying { length, body } => (200, vec![], length, body),
        Told::Reset => return stream.set_zero_linger(),
        Told::Silence | Told::When(..) => {
            // Until the client leaves.
            return stream.read(&mut [0]).await.map(drop);
        }
    };
    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n");
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await
}

async fn read(stream: &mut TcpStream) -> io::Result<Asked> {
    let mut bytes = vec![];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |n| n.parse().unwrap());
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let url = Url::parse("http://server").unwrap().join(&target).unwrap();
    let query = url.query_pairs().into_owned().collect();
    let body = serde_json::from_slice(&bytes[head..]).unwrap_or_default();
    Ok(Asked { path: url.path().to_owned(), query, headers, body })
}

fn usual(asked: &Asked) -> Told {
    match asked.path.as_str() {
        "/session/v1/login-request" => logged_in(1),
        "/queries/v1/query-request" => one_row(),
        "/session" | "/queries/v1/abort-request" => Told::Json(json!({"success": true, "code": null, "data": null})),
        _ => Told::Http { status: 404, headers: vec![], body: vec![] },
    }
}

/// A login's tokens are `session-n` and `master-n`.
pub(crate) fn logged_in(n: u32) -> Told {
    Told::Json(json!({"success": true, "code": null, "message": null, "data": {
        "token": format!("session-{n}"), "masterToken": format!("master-{n}"), "validityInSeconds": 3600,
        "masterValidityInSeconds": 14400, "sessionInfo": {"databaseName": "SHOP", "roleName": "LOADER"},
    }}))
}

/// A result of the number 1.
pub(crate) fn one_row() -> Told {
    Told::Json(rows(json!([["1"]])))
}

/// A result of numbers, as JSON.
pub(crate) fn rows(rows: Value) -> Value {
    json!({"success": true, "code": null, "message": null, "data": {
        "queryId": "01b2-0001", "total": rows.as_array().unwrap().len(), "queryResultFormat": "json", "rowset": rows,
        "rowtype": [{"name": "N", "type": "fixed", "precision": 18, "scale": 0, "nullable": false}],
        "finalWarehouseName": "BI_WH", "chunks": null,
    }})
}

/// A statement that is still at work.
pub(crate) fn at_work(code: &str) -> Told {
    Told::Json(json!({"success": true, "code": code, "message": null, "data": {
        "queryId": "01b2-0001", "getResultUrl": "/queries/01b2-0001/result", "queryAbortsAfterSecs": 300,
    }}))
}

/// A refusal whose message quotes a cell.
pub(crate) fn refused(code: &str) -> Told {
    Told::Json(json!({"success": false, "code": code, "message": "value 'planted-cell' is not recognized", "data": {
        "queryId": "01b2-0001", "errorCode": code, "sqlState": "22018", "internalError": false,
    }}))
}

/// A session that the server no longer knows.
pub(crate) fn expired(code: &str) -> Told {
    Told::Json(json!({"success": false, "code": code, "message": "Your session has expired.", "data": null}))
}

/// Lets others run until something holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}
