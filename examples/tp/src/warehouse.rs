//! Which warehouse, and what has to be there first.

use shopstream::{
    Clock, Error, Result, TableDecl, Warehouse,
    models::{Params, project},
    sinks::{
        lake::ObjectStoreLake,
        local::LocalWarehouse,
        snowflake::{
            client::{self, Session},
            provision::{self, ApplyOptions, Inventory, plan},
            warehouse::SnowflakeWarehouse,
        },
    },
};
use std::{path::Path, sync::Arc};

use crate::{args::Args, progress::Progress};

/// The warehouse that is asked for; one in Snowflake is provisioned first, where the run loads.
pub(crate) async fn open(
    args: &Args,
    lake: &Arc<ObjectStoreLake>,
    out: &Path,
    clock: Arc<dyn Clock>,
    progress: &Progress,
) -> Result<Arc<dyn Warehouse>> {
    let Some(url) = &args.warehouse else {
        return Ok(Arc::new(LocalWarehouse::new(out.join("warehouse"))));
    };
    if !url.starts_with("snowflake:") {
        return Ok(Arc::new(LocalWarehouse::from_url(url)?));
    }
    let session = client::Settings::from_url_and_vars(url, std::env::vars())?;
    let names = names(args)?;
    if args.errand().is_none() && args.provisions() {
        provision(&session, &names, clock.clone(), progress).await?;
    }
    Ok(Arc::new(SnowflakeWarehouse::builder(session, names, clock).lake(lake.clone()).build()?))
}

/// The names of the objects: the usual ones, over the lake that the run writes.
fn names(args: &Args) -> Result<provision::Settings> {
    let place = args.lake.as_deref().and_then(|lake| lake.strip_prefix("s3://"));
    let place = place.ok_or_else(|| {
        Error::config("Snowflake loads from a lake in S3: name it with --lake s3://bucket/prefix")
            .with("option", "--lake")
    })?;
    let role = args.aws_role.as_deref().ok_or_else(|| {
        Error::config("Snowflake reads the lake's bucket as an IAM role: name it with --aws-role arn:aws:iam::…:role/…")
            .with("option", "--aws-role")
    })?;
    let (bucket, prefix) = place.trim_end_matches('/').split_once('/').unwrap_or((place.trim_end_matches('/'), ""));
    provision::Settings::builder(bucket, role).prefix(prefix).build()
}

/// Makes what is not there yet, and nothing else.
async fn provision(
    session: &client::Settings,
    names: &provision::Settings,
    clock: Arc<dyn Clock>,
    progress: &Progress,
) -> Result<()> {
    let since = clock.elapsed();
    let project = project(&Params::new(clock.now().date()))?;
    let tables: Vec<TableDecl> =
        project.sources().chain(project.models().iter().map(|model| model.declaration())).cloned().collect();
    let session = Session::new(session.clone(), clock.clone())?;
    let found = Inventory::read(&session, names, &tables).await?;
    let done = plan(names, &tables, &found)?.apply(&session, &ApplyOptions::default()).await?;
    session.close().await?;
    let seconds = (clock.elapsed() - since).as_secs_f64();
    progress.say(&format!("provisioning: {done} statements in {seconds:.2} s"));
    Ok(())
}
