//! Statements that are given up.

use serde_json::json;
use shopstream_core::Result;
use std::sync::Arc;
use tokio::runtime::Handle;

use super::{call::Call, http::derived_id, wire::Wire};

/// Cancels its statement on the server when it is dropped before the server has done with it.
pub(super) struct Abort {
    pub(super) wire: Arc<Wire>,
    pub(super) call: Arc<Call>,
}

impl Drop for Abort {
    fn drop(&mut self) {
        let progress = self.call.progress().clone();
        // Without a runtime there is nobody who could send anything.
        let (Some(request_id), false, Ok(runtime)) = (progress.request_id, progress.finished, Handle::try_current())
        else {
            return;
        };
        let wire = self.wire.clone();
        let cancelling = wire.cancelling.clone().try_read_owned();
        runtime.spawn(async move {
            // The statement's own time limit ends it too, if this is not heard.
            let _ = wire.cancel(&request_id).await;
            drop(cancelling);
        });
    }
}

impl Wire {
    async fn cancel(&self, request_id: &str) -> Result<()> {
        let tokens = self.state.lock().await.tokens.clone();
        let Some(tokens) = tokens else { return Ok(()) };
        let query = [("requestId", derived_id(request_id, "abort", 0))];
        let body = json!({"requestId": request_id});
        let path = "/queries/v1/abort-request";
        self.http.again(|_| self.http.post(path, &query, Some(&tokens.session), &body)).await?;
        Ok(())
    }

    /// Closes the session on the server, if it was opened.
    pub(super) async fn close(&self) -> Result<()> {
        let _cancelled = self.cancelling.write().await;
        let Some(tokens) = self.state.lock().await.tokens.take() else { return Ok(()) };
        let query = [("delete", "true".to_owned())];
        self.http.again(|_| self.http.post("/session", &query, Some(&tokens.session), &json!(null))).await?;
        Ok(())
    }
}
