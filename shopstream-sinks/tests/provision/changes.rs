//! Declarations that change.

use proptest::prelude::*;
use shopstream_core::{ColumnDecl, Decimal, ErrorKind, Pii, TableDecl};
use shopstream_sinks::snowflake::provision::{ApplyOptions, Effect, Execute};

use crate::{
    account::{Account, Column},
    from_nothing::{plan_of, provisioned},
    tables::settings,
};

/// What can be declared of a column of this test.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Drawn {
    data_type: usize,
    nullable: bool,
    pii: Option<Pii>,
    docs: usize,
}

const NAMES: [&str; 5] = ["a", "b", "select", "d e", "f\"g"];
const DOCS: [&str; 3] = ["", "What it is.", "It's another \\ thing."];
/// Types as they are shown, and for each those that it can become without losing a value.
const TYPES: [(&str, &[usize]); 6] = [
    ("NUMBER(10,2)", &[1]),
    ("NUMBER(38,2)", &[]),
    ("NUMBER(38,4)", &[]),
    ("VARCHAR(3)", &[4]),
    ("VARCHAR(16777216)", &[]),
    ("BOOLEAN", &[]),
];

fn declare(drawn: &[Option<Drawn>; 5]) -> TableDecl {
    // One that stays, so that no table is without columns.
    let mut columns = vec![ColumnDecl::of::<i64>("id", "Number.")];
    for (name, drawn) in NAMES.into_iter().zip(drawn) {
        let Some(Drawn { data_type, nullable, pii, docs }) = *drawn else { continue };
        let docs = DOCS[docs];
        let column = match data_type {
            0 => ColumnDecl::of::<Decimal<10, 2>>(name, docs),
            1 => ColumnDecl::of::<Decimal<38, 2>>(name, docs),
            2 => ColumnDecl::of::<Decimal<38, 4>>(name, docs),
            3 => ColumnDecl::of::<String>(name, docs).with_length(3),
            4 => ColumnDecl::of::<String>(name, docs),
            _ => ColumnDecl::of::<bool>(name, docs),
        };
        let mut column = match pii {
            Some(pii) => column.with_pii(pii),
            None => column,
        };
        column.nullable = nullable;
        columns.push(column);
    }
    TableDecl::new("mart", "marts", "A mart.", vec!["id"], columns)
}

fn drawn() -> impl Strategy<Value = [Option<Drawn>; 5]> {
    let pii = prop_oneof![Just(None), Just(Some(Pii::Direct)), Just(Some(Pii::Indirect))];
    let column = (0..TYPES.len(), any::<bool>(), pii, 0..DOCS.len());
    let column = column.prop_map(|(data_type, nullable, pii, docs)| Drawn { data_type, nullable, pii, docs });
    prop::array::uniform5(prop::option::weighted(0.8, column))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn one_declaration_becomes_another_and_only_losses_are_destructive(before in drawn(), after in drawn()) {
        let (settings, second) = (settings(), [declare(&after)]);
        let account: Account = block_on(provisioned(&settings, &[declare(&before)]));
        let plan = block_on(plan_of(&account, &settings, &second));

        let keeps = |b: &Drawn, a: &Drawn| a.data_type == b.data_type || TYPES[b.data_type].1.contains(&a.data_type);
        let lost = before.iter().zip(&after).any(|(b, a)| match (b, a) {
            (Some(b), Some(a)) => !keeps(b, a) || (b.pii.is_some() && a.pii.is_none()),
            (b, a) => b.is_some() && a.is_none(),
        });
        prop_assert_eq!(plan.destructive().next().is_some(), lost, "{}", plan);

        let done = account.statements().len();
        let careful = block_on(plan.apply(&account, &ApplyOptions::default()));
        if lost {
            prop_assert_eq!(careful.unwrap_err().kind(), ErrorKind::Conflict);
            prop_assert_eq!(account.statements().len(), done);
            block_on(plan.apply(&account, &ApplyOptions::default().with_allow_destructive(true))).unwrap();
        } else {
            prop_assert_eq!(careful.unwrap(), plan.statements().len());
        }

        let found = account.columns(&["SHOPSTREAM_DWH", "MARTS", "MART"]);
        prop_assert_eq!(found.len(), 1 + after.iter().flatten().count());
        for ((name, b), a) in NAMES.iter().zip(&before).zip(&after) {
            let Some(a) = a else { continue };
            let column = found.iter().find(|c| c.name == name.to_uppercase()).unwrap();
            let made_anew = !b.as_ref().is_some_and(|b| keeps(b, a));
            let nullable = a.nullable || made_anew || b.is_some_and(|b| b.nullable);
            let expected = Column {
                name: name.to_uppercase(),
                data_type: TYPES[a.data_type].0.to_owned(),
                nullable,
                comment: DOCS[a.docs].to_owned(),
            };
            prop_assert_eq!(column, &expected);
        }
        let again = block_on(plan_of(&account, &settings, &second));
        prop_assert!(again.is_empty(), "{}", again);
    }
}

#[tokio::test]
async fn statements_say_what_they_are_for() {
    let column = |data_type| Some(Drawn { data_type, nullable: true, pii: None, docs: 1 });
    let account = provisioned(&settings(), &[declare(&[column(0), column(3), column(5), None, None])]).await;
    let plan = plan_of(&account, &settings(), &[declare(&[column(1), None, column(4), column(5), None])]).await;
    let found: Vec<(Effect, &str, &str)> =
        plan.statements().iter().map(|s| (s.effect, s.purpose.as_str(), s.sql.as_str())).collect();
    let table = "ALTER TABLE \"SHOPSTREAM_DWH\".\"MARTS\".\"MART\"";
    let of = |change: &str| format!("{table} {change}");
    assert_eq!(
        found,
        [
            (
                Effect::Destructive,
                "column \"B\" is not declared any more: its values are lost",
                of("DROP COLUMN \"B\"").as_str()
            ),
            (
                Effect::Additive,
                "column \"A\" becomes NUMBER(38,2), and was NUMBER(10,2)",
                of("ALTER COLUMN \"A\" SET DATA TYPE NUMBER(38,2)").as_str()
            ),
            (
                Effect::Destructive,
                "column \"SELECT\" becomes VARCHAR, and was BOOLEAN: its values are lost",
                of("DROP COLUMN \"SELECT\"").as_str()
            ),
            (
                Effect::Destructive,
                "column \"SELECT\" becomes VARCHAR, and was BOOLEAN",
                of("ADD COLUMN \"SELECT\" VARCHAR COMMENT 'What it is.'").as_str()
            ),
            (
                Effect::Additive,
                "column \"D E\" is new",
                of("ADD COLUMN \"D E\" BOOLEAN COMMENT 'What it is.'").as_str()
            ),
        ]
    );
}

#[tokio::test]
async fn what_nobody_declares_stays() {
    let account = provisioned(&settings(), &[declare(&[None; 5])]).await;
    for sql in [
        "CREATE TABLE \"SHOPSTREAM_DWH\".\"MARTS\".\"shadow\" (\"X\" BOOLEAN)",
        "GRANT SELECT ON TABLE \"SHOPSTREAM_DWH\".\"MARTS\".\"shadow\" TO ROLE \"REPORTER\"",
        "CREATE ROLE \"SOMEBODY\"",
    ] {
        account.execute(sql).await.unwrap();
    }
    assert!(plan_of(&account, &settings(), &[declare(&[None; 5])]).await.is_empty());
}
