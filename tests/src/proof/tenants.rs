//! The policy `tenant` in the chain: whoever asks, by whatever kind of query, gets the rows of its own tenants, whichever
//! dialect runs behind it.

use std::sync::atomic::AtomicUsize;

use anyhow::{Result, ensure};
use aws_config::SdkConfig;
use connector::wire::{Identity, TableName};
use connector::{Code, Connector, Fault, Settings};
use serde_json::json;

use crate::athena::{schema, splits_for, table_name};
use crate::scripted::{Call, Reply, Scripted};
use crate::{component, plugin};
use local::proof::end_to_end::{QUERIES, ROW_BYTES, ROWS, Reader, Servers, Source, passthrough};
use local::proof::generate::Draw;
use local::proof::model::{Kind, Row, STORED, Value};

/// Callers, and whose rows they see: `host` is the tenant, one of the texts that rows have. None: all rows.
const CALLERS: [(Caller, Option<&[&str]>); 6] = [
    (Caller::Account("111122223333"), Some(&["a", "A", "a'b"])),
    (Caller::Account("444455556666"), Some(&["b"])),
    (Caller::Account("777788889999"), Some(&[])),
    (
        Caller::Arn("arn:aws:sts::000000000000:assumed-role/ab-reader/someone"),
        Some(&["ab"]),
    ),
    (Caller::Tag("\u{1f600}"), Some(&["\u{1f600}"])),
    (Caller::Group("support"), None),
];

/// What a rule knows a caller by.
#[derive(Clone, Copy, Debug)]
enum Caller {
    Account(&'static str),
    Arn(&'static str),
    /// Of the name `host`, with this value.
    Tag(&'static str),
    Group(&'static str),
}

impl Caller {
    fn identity(self) -> Identity {
        let mut identity = Identity::default();
        match self {
            Self::Account(account) => identity.account = Some(account.to_owned()),
            Self::Arn(arn) => identity.arn = Some(arn.to_owned()),
            Self::Tag(value) => identity.tags = [("host".to_owned(), value.to_owned())].into(),
            Self::Group(group) => identity.groups = vec![group.to_owned()],
        }
        identity
    }
}

/// The policy's rules: of the accounts one each, then those of the others.
fn rules() -> serde_json::Value {
    json!([
        {"account": "111122223333", "tenants": {"of": ["a", "A", "a'b"]}},
        {"account": "444455556666", "tenants": {"of": ["b"]}},
        {"account": "777788889999", "tenants": {"of": []}},
        {"arn": "arn:aws:sts::*:assumed-role/ab-*/*", "tenants": {"of": ["ab"]}},
        {"group": "support", "tenants": "all"},
        {"tenants": {"tag": "host"}},
    ])
}

/// Dialects, whether they divide tables, and whether they lose rows: the last one calls every term exact and prints `true`.
const DIALECTS: [(&str, bool, bool); 4] = [
    ("timestream", true, false),
    ("wide", true, false),
    ("java-compat", false, false),
    ("faulty", true, true),
];

/// Servers, a Glue that has a view of every table, and a connector for each dialect.
pub struct Stage {
    servers: Servers,
    _glue: Scripted,
    connectors: Vec<(Connector, bool, bool)>,
}

impl Stage {
    /// Starts the servers.
    ///
    /// # Errors
    ///
    /// When one does not start.
    pub fn start() -> Result<Self> {
        let servers = Servers::start()?;
        let glue = servers.runtime.block_on(Scripted::start(glue))?;
        let config = servers.config(glue.url());
        let connector = |(dialect, divides, loses_rows): &(&str, bool, bool)| {
            let connector = connector(dialect, servers.bucket(), &config)?;
            Ok((connector, *divides, *loses_rows))
        };
        let connectors = DIALECTS.iter().map(connector).collect::<Result<_>>()?;
        Ok(Self {
            servers,
            _glue: glue,
            connectors,
        })
    }

    /// Asks [`QUERIES`] random queries of a random table or of a view of it, which the seed decides, in the name of
    /// someone, and some that are refused. What is wrong comes back, made as simple as can be.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn batch(&self, seed: u64) -> Result<Option<String>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let (connector, divides, loses_rows) =
            &self.connectors[random.usize(..self.connectors.len())];
        let (caller, tenants) = CALLERS[random.usize(..CALLERS.len())];
        let is_view = random.bool();
        let mut bytes = |count| {
            let mut bytes = vec![0; count];
            random.fill(&mut bytes);
            bytes
        };
        let table = format!("t{seed}");
        let rows = self
            .servers
            .write(&table, &mut Draw::new(&bytes(ROW_BYTES * ROWS)))?;
        let name = match is_view {
            true => table_name("d", &format!("view_of_{table}")),
            false => table_name("d", &table),
        };
        let identity = caller.identity();
        self.refused(connector, &name)?;
        let schema = schema(connector, &name, Default::default());
        let source = Source {
            schema: self.servers.runtime.block_on(schema)?,
            name,
            arguments: Default::default(),
            columns: &STORED,
            rows,
        };
        let reader = Reader {
            connector,
            identity,
            sees: &|row: &Row| match (tenants, &row[host()]) {
                (None, _) => true,
                (Some(tenants), Some(Value::Text(host))) => tenants.contains(&host.as_str()),
                _ => false,
            },
            // What a dialect lies about may be found out.
            forgives: &|error| *loses_rows && is_found_out(error),
            sends: &|_| true,
            asked: &AtomicUsize::new(0),
            cuts: *divides && !is_view,
            loses_rows: *loses_rows,
        };
        let found = self.servers.ask_all(&reader, &source, bytes);
        self.servers.drop(&table)?;
        let connector = if *loses_rows {
            "a dialect that lies"
        } else {
            ""
        };
        Ok(found.map(|found| format!("{found}\n  {caller:?} {connector}")))
    }

    /// A passthrough statement is refused, whatever it selects, and so is every query of a caller that no rule matches.
    fn refused(&self, connector: &Connector, name: &TableName) -> Result<()> {
        let statement = passthrough("SELECT 'a' AS host, n AS id FROM d.t");
        let query = table_name("system", "query");
        let asked = schema(connector, &query, statement);
        let nobody = Identity::default();
        let table = async {
            let schema = schema(connector, name, Default::default()).await?;
            let unconstrained = Default::default();
            splits_for(connector, &nobody, name, &schema, &unconstrained).await
        };
        let (statement, table) = self
            .servers
            .runtime
            .block_on(async { (asked.await, table.await) });
        for code in [
            statement.err().map(|error| error.code()),
            table.err().map(|error| error.code()),
        ] {
            ensure!(code == Some(Code::AccessDenied), "{name:?}: {code:?}");
        }
        Ok(())
    }
}

fn is_found_out(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<connector::Error>();
    error.is_some_and(|error| error.fault() == Fault::Plugin)
}

/// Queries of a seed.
pub const PER_SEED: usize = QUERIES;

/// Where `host` stands.
fn host() -> usize {
    STORED
        .iter()
        .position(|column| column.name == "host")
        .unwrap_or_default()
}

/// A connector with the policy in its chain.
fn connector(dialect: &str, bucket: &str, config: &SdkConfig) -> Result<Connector> {
    let options = json!({"tenant_column": "host", "tenant_rules": rules()}).to_string();
    let folder = component("tenant")?;
    let lookup = |name: &str| {
        Some(match name {
            "spill_bucket" => bucket.to_owned(),
            "slices_per_query" => "1".to_owned(),
            "policies" => "tenant".to_owned(),
            "policy_options" => options.clone(),
            "dialect" => folder.display().to_string(),
            "dialect_options" if dialect == "faulty" => r#"{"fault":"claims-true"}"#.to_owned(),
            _ => return None,
        })
    };
    let settings = Settings::from_lookup(lookup)?;
    Ok(Connector::with_plugin(settings, config, plugin(dialect)?))
}

/// A Glue that has a view of every table `t`, called `view_of_t`.
fn glue(call: &Call) -> Reply {
    let name = call.body["Name"].as_str().unwrap_or_default();
    let Some(table) = name.strip_prefix("view_of_") else {
        return Reply::Error(400, "EntityNotFoundException", "Entity Not Found".into());
    };
    let hive = |kind| match kind {
        Kind::Boolean => "boolean",
        Kind::Bigint => "bigint",
        Kind::Integer => "int",
        Kind::Double => "double",
        Kind::Varchar => "string",
        Kind::Timestamp => "timestamp",
        Kind::Date => "date",
    };
    let columns =
        STORED.map(|column| json!({"Name": column.name.to_lowercase(), "Type": hive(column.kind)}));
    let view = json!({"Table": {
        "Name": name,
        "Parameters": {
            "timestream-metadata-flag": "x",
            "_view_template": format!("SELECT * FROM \"d\".\"{table}\""),
        },
        "StorageDescriptor": {"Columns": columns},
    }});
    Reply::Json(view.to_string())
}
