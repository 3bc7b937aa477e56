//! What may go wrong with a server, and with each table.

mod table;

use shopstream_core::{Error, Result, TableRef, Timestamp, doctor::Finding};

use super::{catalog::get, config::Target, connection::Connection, options::Policies, sessions::Shared, snapshot};

/// The oldest version that reads are tried with, as the server numbers it.
const OLDEST: i32 = 120_000;

/// Examines the server and these tables.
pub(super) async fn examine(target: &Target, policies: &Policies, tables: &[TableRef], now: Timestamp) -> Vec<Finding> {
    let mut connection = match Connection::open(target).await {
        Ok(connection) => connection,
        Err(error) => return vec![Finding::of_error("connection", "the server cannot be connected to", &error)],
    };
    let mut findings = vec![];
    let user = match user(&connection).await {
        Ok(user) => user,
        Err(error) => return vec![Finding::of_error("server", "it answers no query", &error)],
    };
    match server(&connection, now).await {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Finding::of_error("server", "it does not tell of itself", &error)),
    }
    match limits(&connection, &user).await {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Finding::of_error("time limits", "they cannot be asked", &error)),
    }
    for table in tables {
        match table::examine(&connection, policies, &user, table).await {
            Ok(found) => findings.extend(found),
            Err(error) => findings.push(Finding::of_error(table, "it cannot be examined", &error)),
        }
    }
    connection.rest();
    // The server may have room for two connections only.
    drop(connection);
    findings.push(snapshots(target).await);
    findings
}

/// The user that reads, as SQL takes the name.
async fn user(connection: &Connection) -> Result<String> {
    let rows = connection.query("SELECT pg_catalog.quote_ident(current_user::text)", &[]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("the server does not know this user"))?;
    get(row, 0)
}

async fn server(connection: &Connection, now: Timestamp) -> Result<Vec<Finding>> {
    const SQL: &str = "SELECT current_setting('server_version'), current_setting('server_version_num')::int4, \
        pg_catalog.pg_encoding_to_char(d.encoding)::text, \
        (extract(epoch FROM s.backend_start) * 1000000)::int8, \
        (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::int8, \
        coalesce(l.ssl, false), coalesce(l.version, ''), \
        coalesce(pg_catalog.inet_client_addr() <<= '127.0.0.0/8' OR pg_catalog.inet_client_addr() = '::1', true) \
        FROM pg_catalog.pg_database d, pg_catalog.pg_stat_activity s \
        LEFT JOIN pg_catalog.pg_stat_ssl l ON l.pid = s.pid \
        WHERE d.datname = pg_catalog.current_database() AND s.pid = pg_catalog.pg_backend_pid()";
    let rows = connection.query(SQL, &[]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("the server does not know this connection"))?;
    let (version, number): (String, i32) = (get(row, 0)?, get(row, 1)?);
    // Ours was read when the connection was not open yet, or while it was being opened.
    let [opened, asked] = [get(row, 3)?, get(row, 4)?];
    let theirs = if now.micros() > asked { asked } else { now.micros().max(opened) };
    Ok(vec![
        Finding::ok("connection", "the server can be connected to"),
        if number >= OLDEST {
            Finding::ok("version", format!("PostgreSQL {version}"))
        } else {
            Finding::problem("version", format!("PostgreSQL {version}"))
                .with_cause("versions before 12 lack what reads rely on")
                .with_fix("upgrade the server to 12 or newer")
        },
        encryption(get(row, 5)?, &get::<String>(row, 6)?, get(row, 7)?),
        encoding(&get::<String>(row, 2)?),
        Finding::of_clock(Timestamp::from_micros(theirs), now),
    ])
}

fn encryption(encrypted: bool, version: &str, local: bool) -> Finding {
    match (encrypted, local) {
        (true, _) => Finding::ok("encryption", format!("the connection is encrypted, by {version}")),
        (false, true) => {
            Finding::ok("encryption", "the connection is not encrypted; it comes to the server from its own machine")
        }
        (false, false) => Finding::warning("encryption", "the connection crosses a network and is not encrypted")
            .with_cause("neither the URL nor the server asks for TLS")
            .with_fix("put sslmode=verify-full into the URL, and turn ssl on at the server"),
    }
}

fn encoding(name: &str) -> Finding {
    if name == "SQL_ASCII" {
        return Finding::warning(
            "encoding",
            "the database's encoding is SQL_ASCII: a text that is not UTF-8 stops a read",
        )
        .with_cause("with this encoding the server takes any bytes, and does not convert them")
        .with_fix("dump the database, mend its texts, and restore it into one of encoding UTF8");
    }
    Finding::ok("encoding", format!("the database's encoding is {name}, read as UTF-8"))
}

/// The limits that are still in force in a transaction that has lifted them.
async fn limits(connection: &Connection, user: &str) -> Result<Vec<Finding>> {
    connection.begin(None).await?;
    let found = in_force(connection, user).await;
    connection.execute("ROLLBACK").await?;
    found
}

async fn in_force(connection: &Connection, user: &str) -> Result<Vec<Finding>> {
    const SQL: &str = "SELECT name::text, setting::text, reset_val::text FROM pg_catalog.pg_settings WHERE name IN \
        ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') \
        ORDER BY name";
    let mut findings = vec![];
    for row in connection.query(SQL, &[]).await? {
        let (name, setting, default): (String, String, String) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
        findings.extend(limit(&name, &setting, &default, user));
    }
    let standby = "SELECT pg_catalog.pg_is_in_recovery() AND current_setting('hot_standby_feedback') = 'off'";
    if let [row] = connection.query(standby, &[]).await?.as_slice()
        && get(row, 0)?
    {
        findings.push(
            Finding::warning("standby", "long reads may be cancelled by the server")
                .with_cause("it is a standby that does not tell its primary which rows are still read")
                .with_fix("set hot_standby_feedback = on, or raise max_standby_streaming_delay"),
        );
    }
    Ok(findings)
}

/// A limit, as it is for a read and for a new session of this user; 0 is none.
fn limit(name: &str, setting: &str, default: &str, user: &str) -> Option<Finding> {
    if setting != "0" {
        let what = format!("it is {setting} ms: what takes longer is ended by the server");
        return Some(
            Finding::warning(name, what)
                .with_cause("the server, the database or the user sets it, and a read does not lift it")
                .with_fix(format!("ALTER ROLE {user} SET {name} = 0")),
        );
    }
    (default != "0")
        .then(|| Finding::ok(name, format!("it is {default} ms for this user; reads lift it for themselves")))
}

/// Whether reads on several connections see one instant, as a run finds out.
async fn snapshots(target: &Target) -> Finding {
    let cause = match snapshot::export(Shared::default().lasting(target.clone())).await {
        Ok(Ok(_)) => {
            return Finding::ok("snapshot", "connections can share one: all tables are read as of one instant");
        }
        Ok(Err(alone)) => alone.reason().to_owned(),
        Err(error) => error.to_string(),
    };
    Finding::warning("snapshot", "connections cannot share one: each table is read as of an instant of its own")
        .with_cause(cause)
        .with_fix("connect to the primary server itself, without a pooler between, and allow two connections")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::doctor::Severity;

    #[test]
    fn a_plain_connection_is_well_on_one_machine_only() {
        for (encrypted, local, severity) in
            [(true, false, Severity::Ok), (false, true, Severity::Ok), (false, false, Severity::Warning)]
        {
            let finding = encryption(encrypted, "TLSv1.3", local);
            assert_eq!(
                (finding.severity, finding.fix.is_some()),
                (severity, severity == Severity::Warning),
                "{finding}"
            );
            assert_eq!(finding.what.contains("TLSv1.3"), encrypted, "{finding}");
        }
    }

    #[test]
    fn a_limit_that_is_still_in_force_is_a_warning() {
        assert_eq!(limit("statement_timeout", "0", "0", "ann"), None);
        assert_eq!(limit("statement_timeout", "0", "500", "ann").unwrap().severity, Severity::Ok);
        let finding = limit("transaction_timeout", "500", "500", "ann").unwrap();
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(finding.fix.as_deref(), Some("ALTER ROLE ann SET transaction_timeout = 0"));
    }
}
