//! Refunds, each of them once and never of more than was taken.

use toffeepay::{
    clock::Clock,
    domain::{
        id::RefundId,
        session::{CaptureMode, RefundOutcome},
    },
    ids::NewId,
    providers::{Provider, RefundAnswer, sandbox::MovementKind},
};

use super::world::*;

#[tokio::test]
async fn a_refund_asked_for_many_times_at_once_gives_the_money_back_once() {
    let world = world().await;
    let payment_id = world.captured().await;
    let refund_id = RefundId::new(world.clock.now());
    let calls = (0..8).map(|_| world.refund(&payment_id, &refund_id, 499));
    let outcomes = futures::future::join_all(calls).await;
    assert!(matches!(outcomes[0], RefundOutcome::Succeeded { .. }), "{outcomes:?}");
    assert!(outcomes.iter().all(|it| *it == outcomes[0]), "{outcomes:?}");
    let found = world.bank.look_up_refund(&refund_id).await.unwrap();
    assert_eq!(found, Some(RefundAnswer::Outcome(outcomes[0].clone())));
    assert_eq!(
        world.moved().await,
        [
            (payment_id.clone(), MovementKind::Captured, 499),
            (payment_id, MovementKind::Refunded, 499)
        ]
    );
}

#[tokio::test]
async fn no_more_goes_back_than_was_taken() {
    let world = world().await;
    let payment_id = world.captured().await;
    let refund = async |minor_units| {
        let refund_id = RefundId::new(world.clock.now());
        world.refund(&payment_id, &refund_id, minor_units).await
    };
    assert!(matches!(refund(500).await, RefundOutcome::Failed(_)));
    assert!(matches!(refund(400).await, RefundOutcome::Succeeded { .. }));
    assert!(matches!(refund(100).await, RefundOutcome::Failed(_)));
    assert!(matches!(refund(99).await, RefundOutcome::Succeeded { .. }));
    assert!(matches!(refund(1).await, RefundOutcome::Failed(_)));
}

#[tokio::test]
async fn money_that_was_never_taken_is_not_given_back() {
    let world = world().await;
    let held = world.held().await;
    let (declined, _) = world.charge(DECLINED, CaptureMode::Automatic).await;
    for payment_id in [held, declined, world.new_payment()] {
        let refund_id = RefundId::new(world.clock.now());
        let outcome = world.refund(&payment_id, &refund_id, 499).await;
        assert!(matches!(outcome, RefundOutcome::Failed(_)), "{outcome:?}");
    }
    assert_eq!(world.moved().await, []);
}

#[tokio::test]
async fn a_refund_refused_on_request_stays_refused() {
    let world = world_with("refuse_refunds").await;
    let payment_id = world.captured().await;
    let refund_id = RefundId::new(world.clock.now());
    assert_eq!(world.bank.look_up_refund(&refund_id).await.unwrap(), None);
    let first = world.refund(&payment_id, &refund_id, 499).await;
    assert!(matches!(first, RefundOutcome::Failed(_)), "{first:?}");
    assert_eq!(world.refund(&payment_id, &refund_id, 499).await, first);
    world.bank.notifier().deliver_due().await;
    assert_eq!(world.told_kinds(), ["captured", "refund failed"]);
}
