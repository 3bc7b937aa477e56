//! `ALTER`.

use super::{Path, Sql, State, create::column, kind};

impl State {
    pub(super) fn alter(&mut self, sql: &mut Sql, text: &str) {
        let kind = kind(sql);
        let path = sql.path();
        self.has(kind, &path);
        if kind == "TABLE" && !sql.take("SET") {
            self.alter_table(sql, path);
        } else if kind.ends_with("POLICY") {
            let (_, body) = text.split_once("SET BODY ->\n").unwrap();
            let thing = self.things.get_mut(&(kind, path)).unwrap();
            thing.properties.insert("BODY".into(), (body.to_owned(), true));
            return;
        } else {
            let _ = kind == "TABLE" || sql.take("SET");
            let thing = self.things.get_mut(&(kind, path)).unwrap();
            while !sql.done() {
                let key = sql.word();
                sql.expect_sign('=');
                thing.properties.insert(key, sql.value());
            }
        }
        assert!(sql.done(), "{text}");
    }

    fn alter_table(&mut self, sql: &mut Sql, path: Path) {
        if sql.take("MODIFY COLUMN") {
            return self.mark(sql, path);
        }
        if sql.take("DROP ROW ACCESS POLICY") {
            let old = sql.path();
            assert_eq!(self.policies.remove(&(path.clone(), None)), Some(old));
            sql.expect_sign(',');
        }
        if sql.take("ADD ROW ACCESS POLICY") {
            let policy = sql.path();
            self.has("ROW ACCESS POLICY", &policy);
            sql.expect("ON");
            sql.expect_sign('(');
            while !sql.take_sign(')') {
                let column = sql.ident();
                assert!(self.things[&("TABLE", path.clone())].columns.iter().any(|c| c.name == column));
                sql.take_sign(',');
            }
            assert_eq!(self.policies.insert((path, None), policy), None, "one policy a table");
            return;
        }
        let thing = self.things.get_mut(&("TABLE", path.clone())).unwrap();
        if sql.take("ADD COLUMN") {
            let new = column(sql);
            assert!(new.nullable, "rows may be there already");
            assert!(thing.columns.iter().all(|c| c.name != new.name), "twice: {}", new.name);
            thing.columns.push(new);
        } else if sql.take("DROP COLUMN") {
            let name = sql.ident();
            let before = thing.columns.len();
            thing.columns.retain(|c| c.name != name);
            assert_eq!(thing.columns.len(), before - 1);
            assert!(before > 1, "a table has a column");
            self.tags.retain(|(table, column, _), _| (table, column) != (&path, &name));
        } else {
            sql.expect("ALTER COLUMN");
            let name = sql.ident();
            let column = thing.columns.iter_mut().find(|c| c.name == name).unwrap();
            if sql.take("SET DATA TYPE") {
                column.data_type = sql.data_type();
            } else if sql.take("DROP NOT NULL") {
                column.nullable = true;
            } else {
                sql.expect("COMMENT");
                column.comment = sql.text();
            }
        }
    }

    /// Tags and masking policies of a column.
    fn mark(&mut self, sql: &mut Sql, path: Path) {
        let column = sql.ident();
        assert!(self.things[&("TABLE", path.clone())].columns.iter().any(|c| c.name == column));
        if sql.take("SET TAG") {
            let tag = sql.path();
            self.has("TAG", &tag);
            sql.expect_sign('=');
            self.tags.insert((path, column, tag), sql.text());
        } else if sql.take("UNSET TAG") {
            let tag = sql.path();
            assert!(self.tags.remove(&(path, column, tag)).is_some());
        } else {
            sql.expect("SET MASKING POLICY");
            let policy = sql.path();
            self.has("MASKING POLICY", &policy);
            let old = self.policies.insert((path, Some(column)), policy);
            assert!(sql.take("FORCE") || old.is_none(), "has one already");
        }
    }
}
