//! Files of the lake into a table, by `COPY INTO`.
//!
//! Which files, columns and format is said in each statement. Files that Snowflake has loaded before are loaded again:
//! what makes a load idempotent is the manifest's digest, never Snowflake's memory of files. Errors do not end the
//! statement, so that its answer says of each file what became of it; whatever is not loaded whole is an error then.

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use shopstream_core::{DataFile, Error, Format, Landed, Manifest, Result, Timestamp};

use super::{
    columns::{SqlColumn, join, list},
    work::Work,
};
use crate::snowflake::{
    provision::format_names,
    sql::{Name, literal},
};

/// As many files as one statement may name: <https://docs.snowflake.com/en/sql-reference/sql/copy-into-table>.
const FILES: usize = 1000;

/// Where files lie, and how they are read.
pub(super) struct Stage {
    /// The stage.
    pub(super) name: Name,
    /// The schema of the file formats.
    pub(super) formats: Name,
    /// What the stage shows.
    pub(super) location: String,
}

/// Files of one manifest that lie in the stage.
pub(super) struct StagedFiles<'a> {
    stage: &'a Stage,
    manifest: &'a Manifest,
    /// Their paths below the stage.
    paths: Vec<(String, &'a DataFile)>,
}

impl Stage {
    /// The files of a manifest of the lake at this place, if the stage shows them.
    pub(super) fn files<'a>(&'a self, lake: &str, manifest: &'a Manifest) -> Option<StagedFiles<'a>> {
        let below = |file: &'a DataFile| {
            let url = format!("{}/{}", lake.trim_end_matches('/'), file.key);
            Some((url.strip_prefix(&self.location)?.to_owned(), file))
        };
        let paths = manifest.files.iter().map(below).collect::<Option<Vec<_>>>()?;
        Some(StagedFiles { stage: self, manifest, paths })
    }
}

impl StagedFiles<'_> {
    /// Copies the files' rows into a table that has these columns: those of the files, and where the rows land, as of
    /// this time, `_loaded_at` and `_source_file`.
    ///
    /// # Errors
    /// `Data` naming the file, line and column when a file is not loaded whole, or has not as many rows as the manifest
    /// says.
    pub(super) async fn copy(
        &self,
        work: &mut Work<'_>,
        into: &Name,
        columns: &[SqlColumn<'_>],
        loaded_at: Option<Timestamp>,
    ) -> Result<()> {
        // `METADATA$FILENAME` has the key with whatever the bucket has before the lake: the folder is said here.
        let mut folders: Vec<(&str, Vec<&(String, &DataFile)>)> = vec![];
        for path in &self.paths {
            let folder = path.1.key.rsplit_once('/').map_or("", |(folder, _)| folder);
            match folders.last_mut() {
                Some((last, files)) if *last == folder && files.len() < FILES => files.push(path),
                _ => folders.push((folder, vec![path])),
            }
        }
        for (folder, files) in folders {
            let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let landed = Added { folder: &folder, loaded_at };
            let answer = match self.manifest.format {
                Format::Csv => self.copy_by_header(work, into, columns, &landed, &files).await?,
                _ => work.rows(self.statement(into, columns, &landed, &files)).await?,
            };
            let reports = reports(&answer)?;
            for (_, file) in files {
                check(file, reports.iter().find(|r| r.is_of(&file.key)))?;
            }
        }
        Ok(())
    }

    /// The statement that copies files whose values are found by their names.
    fn statement(
        &self,
        into: &Name,
        columns: &[SqlColumn<'_>],
        landed: &Added<'_>,
        files: &[&(String, &DataFile)],
    ) -> String {
        let json = self.manifest.format == Format::Ndjson;
        let values = join(columns, |column| {
            landed.value(column, "METADATA$FILENAME").unwrap_or_else(|| {
                let path = format!("$1:\"{}\"", column.field.name().replace('"', "\"\""));
                match column.is_json() {
                    // In a line of JSON the document is a part of the line, and NULL is JSON's; elsewhere it is a text.
                    true if json => format!("STRIP_NULL_VALUE({path})"),
                    true => format!("PARSE_JSON({path}::VARCHAR)"),
                    false => format!("{path}::{}", column.data_type),
                }
            })
        });
        format!(
            "COPY INTO {into} ({}) FROM (SELECT {values} FROM @{}) {}",
            list(columns),
            self.stage.name,
            self.options(files)
        )
    }

    /// Copies CSV into a table of its columns first: what is found by header cannot be computed with on the way.
    async fn copy_by_header(
        &self,
        work: &mut Work<'_>,
        into: &Name,
        columns: &[SqlColumn<'_>],
        landed: &Added<'_>,
        files: &[&(String, &DataFile)],
    ) -> Result<Vec<RecordBatch>> {
        let source = Landed::<()>::SOURCE_FILE.to_uppercase();
        let aside = into.sibling("$CSV")?;
        let came: Vec<&SqlColumn<'_>> = columns.iter().filter(|c| landed.value(c, "").is_none()).collect();
        let definitions = came.iter().map(|column| {
            let data_type = if column.is_json() { "VARCHAR" } else { &column.data_type };
            format!("{} {data_type}, ", column.name)
        });
        let definitions: String = definitions.collect();
        work.again(format!("CREATE OR REPLACE TRANSIENT TABLE {aside} ({definitions}\"{source}\" VARCHAR)")).await?;
        let copy = format!(
            "COPY INTO {aside} FROM @{} {} MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE \
             INCLUDE_METADATA = (\"{source}\" = METADATA$FILENAME)",
            self.stage.name,
            self.options(files)
        );
        let answer = work.rows(copy).await?;
        let values = join(columns, |column| {
            landed.value(column, &format!("\"{source}\"")).unwrap_or_else(|| match column.is_json() {
                true => format!("PARSE_JSON({})", column.name),
                false => column.name.to_string(),
            })
        });
        work.run(format!("INSERT INTO {into} ({}) SELECT {values} FROM {aside}", list(columns))).await?;
        work.again(format!("DROP TABLE IF EXISTS {aside}")).await?;
        Ok(answer)
    }

    fn options(&self, files: &[&(String, &DataFile)]) -> String {
        let [parquet, csv, ndjson] = format_names();
        let format = self.stage.formats.child(match self.manifest.format {
            Format::Csv => csv,
            Format::Ndjson => ndjson,
            _ => parquet,
        });
        let files: Vec<String> = files.iter().map(|(path, _)| literal(path)).collect();
        format!(
            "FILES = ({}) FILE_FORMAT = (FORMAT_NAME = {}) ON_ERROR = CONTINUE FORCE = TRUE",
            files.join(", "),
            literal(&format.to_string())
        )
    }
}

/// The columns that a load adds.
struct Added<'a> {
    folder: &'a str,
    loaded_at: Option<Timestamp>,
}

impl Added<'_> {
    /// The value of a column that the load adds, out of the path of the file.
    fn value(&self, column: &SqlColumn<'_>, path: &str) -> Option<String> {
        let (name, loaded_at) = (column.field.name(), self.loaded_at?);
        if name == Landed::<()>::LOADED_AT {
            return Some(format!("{}::{}", literal(&loaded_at.to_string()), column.data_type));
        }
        let file = format!("{} || SPLIT_PART({path}, '/', -1)", literal(self.folder));
        (name == Landed::<()>::SOURCE_FILE).then_some(file)
    }
}

/// What became of a file, as the answer of `COPY INTO` says.
#[derive(Debug, Default, PartialEq)]
struct FileReport {
    file: String,
    status: String,
    loaded: Option<i64>,
    errors: Option<i64>,
    line: Option<i64>,
    column: Option<String>,
}

impl FileReport {
    /// Whether it is of the file with this key.
    fn is_of(&self, key: &str) -> bool {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        name(&self.file) == name(key)
    }
}

/// The answer, by the names of its columns. Its texts of errors are not read: they may quote a cell.
fn reports(answer: &[RecordBatch]) -> Result<Vec<FileReport>> {
    let mut reports = vec![];
    for batch in answer {
        let column = |name: &str, data_type: DataType| -> Result<Option<ArrayRef>> {
            let schema = batch.schema();
            let found = schema.fields().iter().position(|f| f.name().eq_ignore_ascii_case(name));
            found.map(|i| Ok(cast(batch.column(i), &data_type)?)).transpose()
        };
        let text = |name| column(name, DataType::Utf8View);
        let number = |name| column(name, DataType::Int64);
        let (file, status, first) = (text("file")?, text("status")?, text("first_error_column_name")?);
        let (loaded, errors, line) = (number("rows_loaded")?, number("errors_seen")?, number("first_error_line")?);
        let text = |array: &Option<ArrayRef>, row| {
            let array = array.as_ref()?.as_string_view();
            array.is_valid(row).then(|| array.value(row).to_owned())
        };
        let number = |array: &Option<ArrayRef>, row| {
            let array = array.as_ref()?.as_primitive::<Int64Type>();
            array.is_valid(row).then(|| array.value(row))
        };
        for row in 0..batch.num_rows() {
            reports.push(FileReport {
                file: text(&file, row).unwrap_or_default(),
                status: text(&status, row).unwrap_or_default(),
                loaded: number(&loaded, row),
                errors: number(&errors, row),
                line: number(&line, row),
                column: text(&first, row),
            });
        }
    }
    Ok(reports)
}

/// An error unless a file was loaded, with as many rows as it has.
fn check(file: &DataFile, report: Option<&FileReport>) -> Result<()> {
    let Some(report) = report else {
        return Err(Error::data(
            "Snowflake has not loaded a file: it is not where the stage looks, or may not be read",
        )
        .with("file", &file.key));
    };
    let loaded = report.loaded.and_then(|n| u64::try_from(n).ok());
    if report.status.eq_ignore_ascii_case("LOADED") && loaded == Some(file.rows) {
        return Ok(());
    }
    let mut error = Error::data("Snowflake has not loaded all rows of a file")
        .with("file", &file.key)
        .with("expected", file.rows)
        .with("loaded", loaded.unwrap_or_default());
    if let Some(errors) = report.errors.filter(|n| *n > 0) {
        error = error.with("errors", errors);
    }
    if let Some(line) = report.line {
        error = error.with("line", line);
    }
    match &report.column {
        Some(column) => Err(error.with("column", column)),
        None => Err(error),
    }
}

#[cfg(test)]
mod tests;
