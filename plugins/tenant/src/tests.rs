//! Who sees what.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use guest::{Caller, Field, Mapping, Table};

use super::*;

const RULES: &str = r#"[
    {"arn": "arn:aws:iam::111122223333:role/support", "tenants": "all"},
    {"account": "111122223333", "group": "both", "tenants": {"of": ["acme", "globex"]}},
    {"account": "111122223333", "tenants": {"of": ["acme"]}},
    {"tags": {"stage": "live"}, "tenants": {"tag": "tenant"}}
]"#;

fn caller(account: &str, arn: &str) -> Caller {
    Caller {
        account: account.to_owned(),
        arn: arn.to_owned(),
        tags: Vec::new(),
        groups: Vec::new(),
    }
}

fn request(source: Source, caller: Caller, options: &[(&str, &str)]) -> Request {
    let field = |name: &str, type_| Field {
        name: name.to_owned(),
        type_,
        column: None,
        comment: None,
    };
    let options = options.iter();
    Request {
        table: Table {
            source,
            types: Vec::new(),
            columns: Vec::new(),
            options: options
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        },
        mapping: Mapping {
            types: vec![ArrowType::Utf8, ArrowType::Int64],
            fields: vec![field("n", 1), field("tenant", 0), field("customer", 0)],
        },
        projection: vec![0],
        terms: Vec::new(),
        order: Vec::new(),
        limit: None,
        now: 0,
        caller,
    }
}

fn table() -> Source {
    Source::Table(("d".to_owned(), "t".to_owned()))
}

fn only(field: u32, tenants: &[&str]) -> Term {
    let tenants = tenants
        .iter()
        .map(|tenant| Literal::Text((*tenant).to_owned()));
    Term::Domain(Domain {
        field,
        values: ValueSet::AnyOf(tenants.collect()),
        null_allowed: false,
    })
}

fn review(source: Source, caller: Caller) -> Result<Ruling, Refusal> {
    Tenant::review(&request(source, caller, &[("tenant_rules", RULES)]))
}

#[test]
fn the_first_rule_that_names_a_caller_decides() {
    let one = caller("111122223333", "arn:aws:iam::111122223333:role/reader");
    let ruling = review(table(), one.clone()).unwrap();
    assert_eq!(ruling.terms, [only(1, &["acme"])]);

    let both = Caller {
        groups: vec!["both".to_owned()],
        ..one.clone()
    };
    let ruling = review(table(), both).unwrap();
    assert_eq!(ruling.terms, [only(1, &["acme", "globex"])]);

    let support = caller("111122223333", "arn:aws:iam::111122223333:role/support");
    let ruling = review(table(), support.clone()).unwrap();
    assert_eq!(ruling.terms, []);
    assert_eq!(ruling.notes, ["the caller sees all tenants"]);

    let tags = |tags: &[(&str, &str)]| Caller {
        tags: tags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..caller("444455556666", "")
    };
    let tagged = tags(&[("stage", "live"), ("tenant", "initech")]);
    assert_eq!(
        review(table(), tagged).unwrap().terms,
        [only(1, &["initech"])]
    );
    for unnamed in [
        tags(&[("stage", "live")]),
        tags(&[("stage", "live"), ("tenant", "")]),
        tags(&[("stage", "test"), ("tenant", "initech")]),
        caller("", ""),
    ] {
        let refusal = review(table(), unnamed).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Forbidden);
        assert!(refusal.message.contains("names the caller"));
    }

    let statement = Source::Passthrough("SELECT 'acme' AS tenant".to_owned());
    assert!(review(statement.clone(), support).is_ok());
    let refusal = review(statement, one).unwrap_err();
    assert!(refusal.message.contains("Timestream's SQL"));
}

#[test]
fn a_table_without_the_column_is_refused_unless_it_is_shared() {
    let one = || caller("111122223333", "");
    let view = || Source::View(("d.v".to_owned(), "SELECT 1 AS n".to_owned()));
    let rules = ("tenant_rules", RULES);
    let with = |source, option| Tenant::review(&request(source, one(), &[rules, option]));
    let ruling = with(table(), ("tenant_column", "Customer")).unwrap();
    assert_eq!(ruling.terms, [only(2, &["acme"])]);
    // Not a text; not there.
    for column in ["n", "other"] {
        let refusal = with(table(), ("tenant_column", column)).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Forbidden);
        assert!(refusal.message.contains("`d.t` has no text column"));
    }
    let shared = ("tenant_shared", r#"[["d", "v"], ["d", "a.b"]]"#);
    assert_eq!(with(view(), shared).unwrap().terms, []);
    assert_eq!(with(table(), shared).unwrap().terms.len(), 1);
    // `d.a` with a view `b`, or `d` with a view `a.b`?
    let dotted = Source::View(("d.a.b".to_owned(), "SELECT 1 AS n".to_owned()));
    assert_eq!(with(dotted, shared).unwrap().terms.len(), 1);
    let refusal = with(table(), ("tenant_colunm", "customer")).unwrap_err();
    assert!(refusal.message.contains("no option `tenant_colunm`"));
}

#[test]
fn rules_that_are_not_understood_let_nobody_through() {
    let one = || caller("111122223333", "");
    for rules in [
        "",
        "{}",
        r#"[{"tenants": "some"}]"#,
        r#"[{"account": "111122223333"}]"#,
        r#"[{"acount": "111122223333", "tenants": "all"}]"#,
        r#"[{"account": 111122223333, "tenants": "all"}]"#,
        r#"[{"account": null, "tenants": "all"}]"#,
        r#"[{"account": "", "tenants": "all"}]"#,
        r#"[{"arn": null, "tenants": "all"}]"#,
        r#"[{"group": "", "tenants": "all"}]"#,
    ] {
        let request = request(table(), one(), &[("tenant_rules", rules)]);
        let refusal = Tenant::review(&request).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Invalid, "{rules}");
        let said = refusal.message;
        assert!(said.contains("`tenant_rules`"), "{said}");
        for rule in ["some", "acount", "111122223333"] {
            assert!(!said.contains(rule), "{said}");
        }
    }
    let refusal = Tenant::review(&request(table(), one(), &[])).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Forbidden);
}
