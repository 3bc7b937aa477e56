//! How far visitors come.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Col, Columns, Date, Decimal, Result, Table, Timestamp,
    compute::{Groups, ratio},
};

use crate::staging::StgEvents;

/// How far visitors come, by day and device. Events without a time are of no day, and not counted.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(event_date, device))]
pub struct MartConversionFunnel {
    /// The day of the events.
    pub event_date: Date,
    /// The visitors' device; unknown where there is none.
    pub device: String,
    /// How many visitors.
    #[column(non_additive)]
    pub visitors: i64,
    /// How many of them viewed a page.
    #[column(non_additive)]
    pub viewed: i64,
    /// How many put something into the cart.
    #[column(non_additive)]
    pub added_to_cart: i64,
    /// How many went to the checkout.
    #[column(non_additive)]
    pub started_checkout: i64,
    /// How many bought.
    #[column(non_additive)]
    pub purchased: i64,
    /// Those who put something into the cart, over all visitors.
    #[column(non_additive)]
    pub cart_rate: Option<Decimal<18, 6>>,
    /// Those who went to the checkout, over all visitors.
    #[column(non_additive)]
    pub checkout_rate: Option<Decimal<18, 6>>,
    /// Those who bought, over all visitors.
    #[column(non_additive)]
    pub purchase_rate: Option<Decimal<18, 6>>,
}

/// `staging.stg_events` → `marts.mart_conversion_funnel`.
///
/// # Errors
/// None but those of the kernels.
pub fn mart_conversion_funnel(events: &Batch<StgEvents>) -> Result<Batch<MartConversionFunnel>> {
    let timed: Col<bool> = events.event_ts.values().map(|t| t.is_some()).collect();
    let day: Col<Date> = events.event_ts.values().map(|t| t.map(Timestamp::date).unwrap_or_default()).collect();
    let (groups, (event_date, device)) = events.filter(&timed).group_by((&day, &events.device.or("unknown")))?;

    let visitors = groups.count_distinct(&events.visitor_id)?;
    let with = |event: &str| visitors_with(&groups, events, event);
    let (added_to_cart, started_checkout, purchased) =
        (with("add_to_cart")?, with("checkout_start")?, with("purchase")?);

    MartConversionFunnelColumns {
        viewed: with("page_view")?,
        cart_rate: ratio(&added_to_cart, &visitors)?,
        checkout_rate: ratio(&started_checkout, &visitors)?,
        purchase_rate: ratio(&purchased, &visitors)?,
        event_date,
        device,
        visitors,
        added_to_cart,
        started_checkout,
        purchased,
    }
    .batch()
}

fn visitors_with(groups: &Groups, events: &Batch<StgEvents>, event_type: &str) -> Result<Col<i64>> {
    let is_it: Col<bool> = events.event_type.values().map(|t| t == event_type).collect();
    groups.only(&is_it)?.count_distinct(&events.visitor_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{assert_rows, stg_event};
    use shopstream_core::{date, dec, timestamp};

    fn funnel(events: &[StgEvents]) -> Batch<MartConversionFunnel> {
        mart_conversion_funnel(&Batch::from_rows(events)).unwrap()
    }

    /// What the base event makes.
    fn row() -> MartConversionFunnel {
        MartConversionFunnel {
            event_date: date!("2026-01-10"),
            device: "mobile".to_owned(),
            visitors: 1,
            viewed: 1,
            added_to_cart: 0,
            started_checkout: 0,
            purchased: 0,
            cart_rate: Some(dec!(0)),
            checkout_rate: Some(dec!(0)),
            purchase_rate: Some(dec!(0)),
        }
    }

    fn event(visitor: &str, event_type: &str) -> StgEvents {
        StgEvents { visitor_id: Some(visitor.to_owned()), event_type: event_type.to_owned(), ..stg_event() }
    }

    #[test]
    fn no_events_are_no_row() {
        assert_rows(&funnel(&[]), &[]);
    }

    #[test]
    fn one_event_is_one_row() {
        assert_rows(&funnel(&[stg_event()]), &[row()]);
        let nulls = StgEvents {
            customer_id: None,
            page_url: None,
            product_id: None,
            quantity: None,
            metadata: None,
            ..stg_event()
        };
        assert_rows(&funnel(&[nulls]), &[row()]);
    }

    #[test]
    fn visitors_count_once_for_each_kind_of_event() {
        let events = [
            event("a", "page_view"),
            event("a", "page_view"),
            event("b", "page_view"),
            event("c", "page_view"),
            event("a", "add_to_cart"),
            event("a", "add_to_cart"),
            event("b", "add_to_cart"),
            event("b", "checkout_start"),
            event("b", "purchase"),
            event("b", "purchase"),
            // Without a cart before, and of no known kind.
            event("d", "purchase"),
            event("e", "search"),
            event("f", "page_view_"),
        ];
        let expected = MartConversionFunnel {
            visitors: 6,
            viewed: 3,
            added_to_cart: 2,
            started_checkout: 1,
            purchased: 2,
            cart_rate: Some(dec!(0.333333)),
            checkout_rate: Some(dec!(0.166667)),
            purchase_rate: Some(dec!(0.333333)),
            ..row()
        };
        assert_rows(&funnel(&events), &[expected]);
    }

    #[test]
    fn no_device_is_unknown() {
        let on = |visitor, device: Option<&str>| StgEvents {
            device: device.map(str::to_owned),
            ..event(visitor, "page_view")
        };
        let unknown = MartConversionFunnel { device: "unknown".into(), visitors: 2, viewed: 2, ..row() };
        assert_rows(&funnel(&[on("a", None), on("b", Some("unknown")), on("a", Some("mobile"))]), &[row(), unknown]);
    }

    #[test]
    fn rates_over_no_visitor_are_null() {
        let nobody = |event_type: &str| StgEvents { visitor_id: None, customer_id: None, ..event("", event_type) };
        let none = MartConversionFunnel {
            visitors: 0,
            viewed: 0,
            cart_rate: None,
            checkout_rate: None,
            purchase_rate: None,
            ..row()
        };
        assert_rows(&funnel(&[nobody("page_view"), nobody("purchase")]), &[none]);
        // Beside somebody, nobody is not counted.
        assert_rows(&funnel(&[nobody("page_view"), stg_event(), nobody("purchase")]), &[row()]);
    }

    #[test]
    fn events_without_a_time_are_of_no_day() {
        let timeless = StgEvents { event_ts: None, ..event("z", "purchase") };
        assert_rows(&funnel(std::slice::from_ref(&timeless)), &[]);
        assert_rows(&funnel(&[timeless, stg_event()]), &[row()]);
    }

    #[test]
    fn days_begin_at_midnight_and_visitors_count_in_each_group() {
        let at =
            |event_ts, device: &str| StgEvents { event_ts: Some(event_ts), device: Some(device.into()), ..stg_event() };
        let events = [
            at(timestamp!("2026-01-11 00:00:00"), "mobile"),
            at(timestamp!("2026-01-10 23:59:59.999999"), "mobile"),
            at(timestamp!("2026-01-10 12:00:00"), "desktop"),
        ];
        let expected = [
            MartConversionFunnel { device: "desktop".into(), ..row() },
            row(),
            MartConversionFunnel { event_date: date!("2026-01-11"), ..row() },
        ];
        assert_rows(&funnel(&events), &expected);
    }

    #[test]
    fn rates_are_rounded_half_away_from_zero_to_six_digits() {
        let mut events: Vec<_> = (0..128).map(|i| event(&i.to_string(), "page_view")).collect();
        events.extend([event("0", "add_to_cart"), event("1", "add_to_cart"), event("2", "add_to_cart")]);
        events.extend([event("0", "checkout_start"), event("0", "purchase"), event("1", "purchase")]);
        let expected = MartConversionFunnel {
            visitors: 128,
            viewed: 128,
            added_to_cart: 3,
            started_checkout: 1,
            purchased: 2,
            // 0.0234375, 0.0078125, 0.015625
            cart_rate: Some(dec!(0.023438)),
            checkout_rate: Some(dec!(0.007813)),
            purchase_rate: Some(dec!(0.015625)),
            ..row()
        };
        assert_rows(&funnel(&events), &[expected]);
    }
}
