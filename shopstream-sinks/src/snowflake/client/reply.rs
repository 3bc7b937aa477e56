//! What the server answers.

use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

use super::decode::RowType;

/// The frame of every answer. Its message is not read: it may quote a cell. No `Debug`, for it has tokens and rows.
#[derive(Default, Deserialize)]
pub(super) struct Reply {
    #[serde(default)]
    pub(super) success: bool,
    code: Option<Value>,
    data: Option<Data>,
}

/// What is in it; which fields there are depends on what was asked.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Data {
    pub(super) token: Option<String>,
    pub(super) session_token: Option<String>,
    pub(super) master_token: Option<String>,
    pub(super) session_info: Option<SessionInfo>,
    pub(super) get_result_url: Option<String>,
    pub(super) query_id: Option<String>,
    /// What a client is to do with files, instead of a result.
    pub(super) command: Option<String>,
    pub(super) sql_state: Option<String>,
    pub(super) rowtype: Option<Vec<RowType>>,
    pub(super) rowset: Option<Vec<Vec<Value>>>,
    pub(super) rowset_base64: Option<String>,
    pub(super) chunks: Option<Vec<Chunk>>,
    pub(super) chunk_headers: Option<HashMap<String, String>>,
    pub(super) qrmk: Option<String>,
    pub(super) query_result_format: Option<String>,
    pub(super) total: Option<u64>,
    pub(super) stats: Option<Stats>,
    pub(super) final_warehouse_name: Option<String>,
}

/// What a session has, whatever was asked for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionInfo {
    pub(super) database_name: Option<String>,
}

/// A part of a result that lies elsewhere.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chunk {
    pub(super) url: String,
    pub(super) row_count: u64,
}

/// What a statement did to rows.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stats {
    pub(super) num_rows_inserted: Option<u64>,
    pub(super) num_rows_updated: Option<u64>,
    pub(super) num_rows_deleted: Option<u64>,
    pub(super) num_dml_duplicates: Option<u64>,
}

impl Reply {
    /// The code, also where it is written as a number.
    pub(super) fn code(&self) -> String {
        match &self.code {
            Some(Value::String(code)) => code.clone(),
            Some(Value::Number(code)) => code.to_string(),
            _ => String::new(),
        }
    }

    /// Whether the statement is still at work.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.code().as_str(), "333333" | "333334")
    }

    /// Whether the session, or the token of it, is no longer known.
    pub(super) fn is_expired(&self) -> bool {
        !self.success && matches!(self.code().as_str(), "390104" | "390111" | "390112" | "390113" | "390114" | "390115")
    }

    pub(super) fn data(&self) -> Option<&Data> {
        self.data.as_ref()
    }

    pub(super) fn into_data(self) -> Data {
        self.data.unwrap_or_default()
    }

    pub(super) fn query_id(&self) -> Option<&str> {
        self.data()?.query_id.as_deref().filter(|id| is_query_id(id))
    }
}

/// Whether this is an id, and nothing that could be more than that in a path.
pub(super) fn is_query_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
