//! Snowpipe: files are loaded as they come.

use serde_json::{Value, json};
use shopstream_core::{Error, Format, Landed, Result, TableDecl};

use super::{
    Inventory, Object, Plan, Rejects, Settings, Statement,
    catalog::{CatalogColumn, CatalogTable, table},
    object::Kind,
    property::Property,
    settings::{RAW, check_folder},
    wanted::{Wanted, csv_options, format_names},
};
use crate::snowflake::sql::{Ident, literal};

/// Pipes that load files into raw tables as soon as they lie in the bucket, without a run of ours.
///
/// A pipe takes every file that comes into its folder, once each. So it is for folders into which others drop files, and
/// not for those of a lake of this library, where a manifest says which files count.
///
/// ```
/// use shopstream_core::{Format, Landed, Table};
/// use shopstream_sinks::snowflake::provision::{Settings, Snowpipe};
///
/// /// What was sold.
/// #[derive(Table, Clone, Debug, PartialEq)]
/// #[table(layer = "files", grain(id))]
/// struct Sales {
///     /// Number.
///     id: i64,
/// }
///
/// let settings = Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/snowflake").build()?;
/// let pipes = Snowpipe::new().table(Landed::<Sales>::declaration(), "sales", Format::Csv);
/// assert!(pipes.plan(&settings)?.to_string().contains("AUTO_INGEST = TRUE"));
/// let notification = pipes.event_notification(&settings, "arn:aws:sqs:eu-west-1:123456789012:sf-snowpipe")?;
/// let rules = &notification["QueueConfigurations"][0]["Filter"]["Key"]["FilterRules"];
/// assert_eq!(rules[0]["Value"], "raw/sales/");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Snowpipe {
    pipes: Vec<(TableDecl, String, Format)>,
    errors: Option<(String, String)>,
}

impl Snowpipe {
    /// No pipe yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pipe from a folder of the lake's raw folder into a table of landed rows. The columns of CSV are taken in
    /// the order of the declaration, those of other formats by name.
    #[must_use]
    pub fn table(mut self, declaration: TableDecl, folder: impl Into<String>, format: Format) -> Self {
        self.pipes.push((declaration, folder.into(), format));
        self
    }

    /// Sends what fails to a topic of AWS SNS, as this IAM role.
    #[must_use]
    pub fn errors_to(mut self, topic_arn: impl Into<String>, role_arn: impl Into<String>) -> Self {
        self.errors = Some((topic_arn.into(), role_arn.into()));
        self
    }

    /// The error integration, and the pipes. Applied again, it changes nothing.
    ///
    /// # Errors
    /// `Config` for a table that is not one of landed rows, or a folder that cannot stand in a stage's path.
    pub fn plan(&self, settings: &Settings) -> Result<Plan> {
        let errors = Ident::constant("SNOWPIPE_ERRORS");
        let mut statements = vec![];
        if let Some((topic, role)) = &self.errors {
            let integration = Wanted::new(Kind::NotificationIntegration, errors.clone(), "tells when a pipe fails")
                .fixed("ENABLED = TRUE DIRECTION = OUTBOUND TYPE = QUEUE NOTIFICATION_PROVIDER = AWS_SNS")
                .property(Property::text("AWS_SNS_TOPIC_ARN", topic))
                .property(Property::text("AWS_SNS_ROLE_ARN", role));
            statements.extend(integration.difference(&Inventory::default()));
        }
        for (declaration, folder, format) in &self.pipes {
            let fail = |e: Error| e.with("table", declaration.table_ref());
            let copy = copy(settings, declaration, folder, *format).map_err(fail)?;
            let name = Ident::new(&format!("{}_pipe", declaration.name)).map_err(fail)?;
            let pipe = Object::new(Kind::Pipe, settings.raw_name().child(name));
            let purpose = format!("loads {} as its files come", declaration.table_ref());
            let integration =
                self.errors.as_ref().map(|_| format!(" ERROR_INTEGRATION = {errors}")).unwrap_or_default();
            let sql = format!(
                "CREATE PIPE IF NOT EXISTS {} AUTO_INGEST = TRUE{integration} COMMENT = {} AS\n{copy}",
                pipe.name,
                literal(&purpose),
            );
            statements.push(Statement::additive(&pipe, purpose, sql));
        }
        Ok(Plan::new(statements))
    }

    /// What the bucket has to be told, so that it tells Snowflake of new files: the body of S3's
    /// `PutBucketNotificationConfiguration`, which replaces the one that the bucket has. The queue is that of the column
    /// `notification_channel` in the answer to `SHOW PIPES`.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn event_notification(&self, settings: &Settings, queue_arn: &str) -> Result<Value> {
        let mut queues = vec![];
        for (declaration, folder, format) in &self.pipes {
            let folder = folder.trim_matches('/');
            check_folder(folder)?;
            queues.push(json!({
                "Id": format!("snowpipe-{}", declaration.name),
                "QueueArn": queue_arn,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": { "Key": { "FilterRules": [
                    { "Name": "prefix", "Value": format!("{}{folder}/", settings.key_prefix()) },
                    { "Name": "suffix", "Value": format!(".{}", format.extension()) },
                ] } },
            }));
        }
        Ok(json!({ "QueueConfigurations": queues }))
    }
}

fn copy(settings: &Settings, declaration: &TableDecl, folder: &str, format: Format) -> Result<String> {
    let folder = folder.trim_matches('/');
    check_folder(folder)?;
    if declaration.layer != RAW {
        return Err(Error::config("files land in a raw table: declare it as Landed"));
    }
    let table: CatalogTable = table(settings, declaration)?;
    let raw = settings.raw_name();
    let mut values = vec![];
    for (i, column) in table.columns.iter().enumerate() {
        values.push(value(column, i + 1, format)?);
    }
    let [parquet, _, ndjson] = format_names().map(|name| literal(&raw.child(name).to_string()));
    let file_format = match format {
        Format::Parquet => format!("FORMAT_NAME = {parquet}"),
        Format::Ndjson => format!("FORMAT_NAME = {ndjson}"),
        // By position, for which the header is skipped and not read.
        Format::Csv => {
            let options = csv_options().map(|option| option.sql()).join(" ");
            format!("TYPE = CSV SKIP_HEADER = 1 {options}")
        }
        other => return Err(Error::unsupported("no pipe loads files of this format").with("format", other)),
    };
    let columns: Vec<String> = table.columns.iter().map(|c| c.name.to_string()).collect();
    Ok(format!(
        "COPY INTO {} ({})\nFROM (\n    SELECT {}\n    FROM @{}/{folder}/\n)\nPATTERN = {} FILE_FORMAT = ({file_format})",
        table.name,
        columns.join(", "),
        values.join(", "),
        settings.stage_name(),
        literal(&format!(".*[.]{}", format.extension())),
    ))
}

/// Where a column's value comes from.
fn value(column: &CatalogColumn, position: usize, format: Format) -> Result<String> {
    let name = column.declared.name;
    if name == Landed::<Rejects>::LOADED_AT {
        // In UTC, whatever the account's time zone.
        return Ok("SYSDATE()".to_owned());
    }
    if name == Landed::<Rejects>::SOURCE_FILE {
        return Ok("METADATA$FILENAME".to_owned());
    }
    let value = match format {
        Format::Csv => format!("${position}"),
        _ => format!("$1:{}", Ident::exact(name)?),
    };
    let json = column.declared.extension == Some("arrow.json");
    Ok(match format {
        // The lake keeps JSON as text there.
        Format::Csv if json => format!("PARSE_JSON({value})"),
        Format::Parquet if json => format!("PARSE_JSON({value}::VARCHAR)"),
        _ => format!("{value}::{}", column.data_type),
    })
}
