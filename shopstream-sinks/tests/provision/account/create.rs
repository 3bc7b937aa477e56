//! `CREATE` and `GRANT`.

use super::{Column, Path, Sql, State, Thing, kind};

impl State {
    pub(super) fn create(&mut self, sql: &mut Sql, text: &str) {
        let replace = sql.take("OR REPLACE");
        let kind = kind(sql);
        let keep = sql.take("IF NOT EXISTS");
        let path = sql.path();
        self.stands_on(kind, &path);
        if self.things.contains_key(&(kind, path.clone())) && !replace {
            assert!(keep, "there already: {kind} {path:?}");
            return;
        }
        let mut thing = Thing::default();
        if kind.ends_with("POLICY") {
            let (_, body) = text.split_once("->\n").unwrap();
            let (body, _) = body.rsplit_once("\nCOMMENT = ").unwrap();
            thing.properties.insert("BODY".into(), (body.to_owned(), true));
            self.things.insert((kind, path), thing);
            return;
        }
        if kind == "TABLE" {
            thing.columns = columns(sql);
        }
        while !sql.done() {
            let key = sql.word();
            if key == "ALLOWED_VALUES" {
                sql.text();
                while sql.take_sign(',') {
                    sql.text();
                }
                continue;
            }
            sql.expect_sign('=');
            thing.properties.insert(key, sql.value());
        }
        if let Some((integration, _)) = thing.properties.get("STORAGE_INTEGRATION") {
            assert!(self.things.contains_key(&("STORAGE INTEGRATION", vec![integration.clone()])));
        }
        if kind == "DATABASE" {
            // Every database begins with it.
            let public = path.iter().cloned().chain(["PUBLIC".to_owned()]).collect();
            self.things.insert(("SCHEMA", public), Thing::default());
        }
        self.things.insert((kind, path), thing);
    }

    /// Whether what something lies in is there.
    fn stands_on(&self, kind: &str, path: &Path) {
        let outer = match path.len() {
            1 => return,
            2 => "DATABASE",
            _ => "SCHEMA",
        };
        let inside = path[..path.len() - 1].to_vec();
        assert!(self.things.contains_key(&(outer, inside)), "{kind} {path:?} lies in nothing");
    }

    pub(super) fn grant(&mut self, sql: &mut Sql) {
        if sql.take("ROLE") {
            let member = sql.path();
            sql.expect("TO ROLE");
            let role = sql.ident();
            self.has("ROLE", &member);
            self.has("ROLE", &vec![role.clone()]);
            self.grants.insert((role, "USAGE".into(), "ROLE".into(), member));
            return;
        }
        let mut privileges = vec![];
        let mut words = vec![];
        loop {
            let end = sql.take("ON");
            if end || sql.take_sign(',') {
                privileges.push(std::mem::take(&mut words).join(" "));
            } else {
                words.push(sql.word());
            }
            if end {
                break;
            }
        }
        let future = sql.take("FUTURE TABLES IN");
        let kind = if sql.take("INTEGRATION") { "STORAGE INTEGRATION" } else { kind(sql) };
        let path = sql.path();
        sql.expect("TO ROLE");
        let role = sql.ident();
        assert!(sql.done());
        self.has(kind, &path);
        self.has("ROLE", &vec![role.clone()]);
        let on = if future { "FUTURE TABLE" } else { kind }.to_owned();
        self.grants.extend(privileges.into_iter().map(|p| (role.clone(), p, on.clone(), path.clone())));
    }

    pub(super) fn has(&self, kind: &'static str, path: &Path) {
        assert!(self.things.contains_key(&(kind, path.clone())), "no {kind} {path:?}");
    }
}

/// The columns of a table, without its key.
fn columns(sql: &mut Sql) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![];
    sql.expect_sign('(');
    loop {
        if sql.take("PRIMARY KEY") {
            sql.expect_sign('(');
            loop {
                let name = sql.ident();
                assert!(columns.iter().any(|c| c.name == name), "no column {name}");
                if !sql.take_sign(',') {
                    break;
                }
            }
            sql.expect_sign(')');
        } else {
            let column = column(sql);
            assert!(columns.iter().all(|c| c.name != column.name), "twice: {}", column.name);
            columns.push(column);
        }
        if !sql.take_sign(',') {
            sql.expect_sign(')');
            return columns;
        }
    }
}

pub(super) fn column(sql: &mut Sql) -> Column {
    let (name, data_type) = (sql.ident(), sql.data_type());
    let nullable = !sql.take("NOT NULL");
    let comment = if sql.take("COMMENT") { sql.text() } else { String::new() };
    Column { name, data_type, nullable, comment }
}
