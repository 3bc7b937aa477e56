//! Inside a service: a task refreshes the marts in the background, requests are answered from the last that passed.
#![allow(clippy::print_stdout)]

use shopstream::memory::{MemoryLake, MemoryWarehouse};
use shopstream::models::{demo::*, marts::MartOrderTrends, project};
use shopstream::prelude::*;
use std::{sync::Arc, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What requests are answered from: whole marts, never half of a refresh.
type Trends = Option<Arc<Batch<MartOrderTrends>>>;

/// One refresh: the pipeline of a logical date. When it fails, what was published before stays.
async fn refresh(warehouse: &MemoryWarehouse, date: Date) -> Result<Trends> {
    let demo = Demo::new(DemoOptions::default().with_now(date.midnight()))?;
    let params = Params::new(date);
    let (source, lake) = (DemoSource::new(demo), MemoryLake::new());
    let pipeline =
        Pipeline::builder().source(Arc::new(source)).lake(Arc::new(lake)).warehouse(Arc::new(warehouse.clone()));
    let pipeline = pipeline.project(project(&params)?).params(params).clock(Arc::new(SystemClock::new())).date(date);
    pipeline.build()?.run().await?;
    Ok(Some(Arc::new(warehouse.table().await?)))
}

async fn serve(listener: TcpListener, trends: watch::Receiver<Trends>) -> std::io::Result<()> {
    loop {
        let (mut request, _) = listener.accept().await?;
        let orders = trends.borrow().as_ref().map_or(0, |trends| trends.orders.values().sum::<i64>());
        request.write_all(format!("{orders} orders").as_bytes()).await?;
    }
}

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (sender, mut trends) = watch::channel::<Trends>(None);
    let (warehouse, first) = (MemoryWarehouse::new(), date!("2026-01-15"));
    tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_millis(100));
        for day in 0.. {
            every.tick().await;
            // A service would log the error, and try again at the next tick.
            refresh(&warehouse, first.plus_days(day)).await.map(|marts| sender.send_replace(marts)).ok();
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener, trends.clone()));

    for _ in 0..2 {
        trends.changed().await?;
        let mut text = String::new();
        TcpStream::connect(address).await?.read_to_string(&mut text).await?;
        assert!(text.ends_with(" orders") && !text.starts_with("0 "), "{text}");
        println!("the service answers: {text}");
    }
    Ok(())
}
