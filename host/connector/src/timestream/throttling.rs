//! How long a read waits where Timestream throttles it: the rule and the numbers of the Java SDK's `ThrottlingInvoker`
//! (federation-protocol.md, section 10).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Delays before the pages after the first. A delay begins with a throttle, grows with each further one, and shrinks with
/// each page that comes. The first page is asked for as often as the SDK is configured to: until then Athena's own pauses
/// work, while a read that has written blocks cannot be repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttling {
    /// `throttle_initial_delay_ms`: the delay after the first throttle. None: the SDK's first pause, a second.
    pub initial_delay: Option<Duration>,
    /// `throttle_max_delay_ms`: the longest delay.
    pub max_delay: Duration,
    /// `throttle_decrease_factor`, from 0.001 to 1: a throttle divides the delay by it.
    pub decrease_factor: f64,
    /// `throttle_increase_ms`: what a page that comes takes from the delay. None: all of it.
    pub increase: Option<Duration>,
    /// How long one page is asked for, after which the read fails.
    pub patience: Duration,
}

impl Default for Throttling {
    fn default() -> Self {
        Self {
            initial_delay: None,
            max_delay: Duration::from_secs(20),
            decrease_factor: 0.5,
            increase: None,
            patience: Duration::from_secs(120),
        }
    }
}

/// The delay of a query's pages, which come one after the other.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    throttling: Throttling,
    /// Where no first delay is set.
    first_delay: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    delay: Duration,
    throttles: usize,
}

impl Backoff {
    pub(super) fn new(throttling: Throttling, first_delay: Duration) -> Self {
        Self {
            throttling,
            first_delay,
            state: Arc::default(),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits before a page is asked for.
    pub(super) async fn wait(&self) {
        let delay = self.change(|state| state.delay);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// The pauses before a page is asked for again, each time after it was throttled; they end with the patience.
    pub(super) fn pauses(&self) -> impl Iterator<Item = Duration> + Send + Sync + Unpin + use<> {
        let (backoff, started) = (self.clone(), Instant::now());
        std::iter::from_fn(move || {
            let pause = backoff.throttled();
            (started.elapsed() + pause <= backoff.throttling.patience).then_some(pause)
        })
    }

    /// The delay after a throttle, less up to half of it, so that slices do not ask at once.
    fn throttled(&self) -> Duration {
        let Throttling {
            initial_delay,
            max_delay,
            decrease_factor,
            ..
        } = self.throttling;
        let delay = self.change(|state| {
            state.throttles += 1;
            state.delay = match state.delay {
                Duration::ZERO => initial_delay.unwrap_or(self.first_delay),
                delay => delay.mul_f64(decrease_factor.recip()),
            };
            state.delay = state.delay.min(max_delay);
            state.delay
        });
        delay.mul_f64(1.0 - fastrand::f64() / 2.0)
    }

    /// The page came.
    pub(super) fn came(&self) {
        let less = self.throttling.increase.unwrap_or(Duration::MAX);
        self.change(|state| state.delay = state.delay.saturating_sub(less));
    }

    /// Throttles so far.
    pub(super) fn throttles(&self) -> usize {
        self.change(|state| state.throttles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// The reference run of the Java SDK's test: factor 0.8, increase 1, initial 10, max 200.
    #[test]
    fn the_delay_is_that_of_the_java_sdk() {
        let throttling = Throttling {
            initial_delay: Some(millis(10)),
            max_delay: millis(200),
            decrease_factor: 0.8,
            increase: Some(millis(1)),
            ..Throttling::default()
        };
        let backoff = Backoff::new(throttling, Duration::ZERO);
        let delay = || backoff.change(|state| state.delay);
        for throttle in 0..100 {
            let before = delay();
            let pause = backoff.throttled();
            let expected = match throttle {
                0 => millis(10),
                _ => before.mul_f64(1.25).min(millis(200)),
            };
            assert_eq!(delay(), expected);
            assert!(pause <= expected && pause >= expected / 2, "{pause:?}");
        }
        assert_eq!((delay(), backoff.throttles()), (millis(200), 100));
        // A page takes a millisecond, and the next throttle begins from what is left.
        backoff.came();
        assert_eq!(delay(), millis(199));
        backoff.throttled();
        assert_eq!(delay(), millis(200));
        for _ in 0..300 {
            backoff.came();
        }
        assert_eq!(delay(), Duration::ZERO);
    }

    #[test]
    fn without_settings_pauses_double_to_twenty_seconds_and_a_page_ends_them() {
        let backoff = Backoff::new(Throttling::default(), millis(1_000));
        let delays = (0..7).map(|_| {
            backoff.throttled();
            backoff.change(|state| state.delay).as_secs()
        });
        assert!(delays.eq([1, 2, 4, 8, 16, 20, 20]));
        backoff.came();
        assert_eq!(backoff.change(|state| state.delay), Duration::ZERO);
    }

    #[test]
    fn pauses_end_with_the_patience() {
        let throttling = Throttling {
            initial_delay: Some(millis(40)),
            patience: millis(100),
            ..Throttling::default()
        };
        // Nobody waits for them here. At most 40, 80 and 160 ms, of which half is less than the patience; 320 is not.
        let backoff = Backoff::new(throttling, Duration::ZERO);
        assert!((2..=3).contains(&backoff.pauses().count()));
        let impatient = Throttling {
            patience: Duration::ZERO,
            ..throttling
        };
        assert_eq!(Backoff::new(impatient, Duration::ZERO).pauses().count(), 0);
    }
}
