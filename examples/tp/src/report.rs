//! What happened, for people.

use serde::Serialize;
use shopstream::{CheckOutcome, RunReport, Severity, TableReport};
use std::fmt::Write as _;

use crate::{
    figures::{Euros, Figures},
    generate::Filled,
    memory::Peak,
};

/// All that a run has to tell.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) database: Option<String>,
    pub(crate) lake: String,
    pub(crate) warehouse: String,
    pub(crate) generated: Vec<Filled>,
    /// What the process held of memory at most, from the extraction's begin until each of its tables was there.
    pub(crate) memory: Vec<Peak>,
    #[serde(flatten)]
    pub(crate) run: RunReport,
    pub(crate) figures: Option<Figures>,
    pub(crate) seconds: f64,
}

impl Report {
    /// As text, in sections.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for step in self.run.steps.iter().filter(|s| !s.tables.is_empty()) {
            section(&mut text, &format!("{}, {:.2} s", step.step, step.seconds));
            step.tables.iter().for_each(|table| table_line(&mut text, table));
        }
        if !self.run.checks.is_empty() {
            let passed = self.run.checks.iter().filter(|c| c.passed).count();
            section(&mut text, &format!("data tests, {passed} of {} passed", self.run.checks.len()));
            self.run.checks.iter().for_each(|check| check_line(&mut text, check));
        }
        for left_out in &self.run.left_out {
            let missing: Vec<String> = left_out.missing.iter().map(ToString::to_string).collect();
            line(&mut text, &format!("  left out    {}: no {}", left_out.name, missing.join(", ")));
        }
        if let Some(figures) = &self.figures {
            figures_text(&mut text, figures);
        }
        let outcome = match &self.run.published {
            Some(published) => {
                format!("published version {} in {}{}", published.version, self.warehouse, used(&self.run))
            }
            None => format!("nothing published; the build is kept in {}", self.warehouse),
        };
        line(&mut text, &format!("\n{outcome}, {:.2} s in all", self.seconds));
        text
    }
}

/// What the run took of a warehouse that is paid for by time.
fn used(run: &RunReport) -> String {
    let tables = run.steps.iter().flat_map(|step| &step.tables).filter_map(|table| table.usage.as_ref());
    let usages = tables.chain(run.published.as_ref().and_then(|published| published.usage.as_ref()));
    let credits: Vec<f64> = usages.filter_map(|usage| usage.credits).collect();
    if credits.is_empty() { String::new() } else { format!(" for about {:.4} credits", credits.iter().sum::<f64>()) }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

fn section(text: &mut String, title: &str) {
    line(text, &format!("\n{title}"));
}

fn table_line(text: &mut String, table: &TableReport) {
    let name = table.table.to_string();
    let bytes = table.bytes.map(|b| format!("{:>11} bytes", thousands(&b.to_string()))).unwrap_or_default();
    let mut row =
        format!("  {name:<34}{:>12} rows {:>7.3} s{bytes}", thousands(&table.rows.to_string()), table.seconds);
    if table.unchanged {
        row.push_str("  unchanged");
    }
    if let Some(credits) = table.usage.as_ref().and_then(|usage| usage.credits) {
        let _ = write!(row, "  about {credits:.5} credits");
    }
    for dropped in table.dropped.iter().filter(|d| d.rows > 0) {
        let _ = write!(row, "  dropped {}: {}", dropped.rows, dropped.rule);
    }
    line(text, &row);
}

fn check_line(text: &mut String, check: &CheckOutcome) {
    let outcome = match (check.passed, check.severity) {
        (true, _) => "ok",
        (false, Severity::Error) => "FAILED",
        (false, Severity::Warn) => "warning",
    };
    let mut row = format!("  {outcome:<8}{}", check.name);
    if check.failures > 0 {
        let _ = write!(row, ": {} ({})", check.failures, check.sample.join(", "));
    }
    line(text, &row);
}

fn figures_text(text: &mut String, figures: &Figures) {
    section(
        text,
        &format!("revenue {} of {} orders, by country", euros(figures.revenue), thousands(&figures.orders.to_string())),
    );
    for c in &figures.countries {
        line(
            text,
            &format!("  {:<34}{:>12} orders {:>18}", c.country, thousands(&c.orders.to_string()), euros(c.revenue)),
        );
    }
    section(text, "top products");
    for p in &figures.products {
        let name: String = p.product.chars().take(32).collect();
        line(text, &format!("  {name:<34}{:>14} {}  {:>14}", p.category, p.abc_class, euros(p.revenue)));
    }
    section(text, "customers by RFM segment");
    for s in &figures.segments {
        line(
            text,
            &format!(
                "  {:<34}{:>12} customers {:>15}",
                s.segment,
                thousands(&s.customers.to_string()),
                euros(s.lifetime_value)
            ),
        );
    }
    let f = &figures.funnel;
    section(text, "funnel, visitors of each day added up");
    for (name, n) in [
        ("visited", f.visitors),
        ("added to cart", f.added_to_cart),
        ("started checkout", f.started_checkout),
        ("purchased", f.purchased),
    ] {
        line(text, &format!("  {name:<34}{:>12}", thousands(&n.to_string())));
    }
}

fn euros(amount: Euros) -> String {
    format!("{} €", thousands(&amount.to_string()))
}

/// Groups the digits before the point by threes.
fn thousands(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        for (number, grouped) in [("0", "0"), ("999", "999"), ("-1000.50", "-1,000.50"), ("1234567.89", "1,234,567.89")]
        {
            assert_eq!(thousands(number), grouped);
        }
    }
}
