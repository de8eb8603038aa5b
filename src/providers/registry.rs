//! Which provider takes payments, by the world of the money.

use std::sync::Arc;

use super::Provider;
use crate::domain::world::World;

/// The providers that this service was started with.
#[derive(Clone, Default)]
pub struct Registry {
    providers: Vec<(World, Arc<dyn Provider>)>,
}

impl Registry {
    /// Adds one for a world. The first added for a world takes its payments.
    ///
    /// The sandbox is only ever added for [`World::Test`]: a live game can never use it.
    #[must_use]
    pub fn with(mut self, world: World, provider: Arc<dyn Provider>) -> Self {
        self.providers.push((world, provider));
        self
    }

    /// Who takes new payments of a world; nobody, if none is set up.
    pub fn taking(&self, world: World) -> Option<Arc<dyn Provider>> {
        let taking = self.providers.iter().find(|(its_world, _)| *its_world == world);
        taking.map(|(_, provider)| Arc::clone(provider))
    }

    /// The provider that an event or a notification names.
    pub fn named(&self, name: &str) -> Option<Arc<dyn Provider>> {
        let named = self.providers.iter().find(|(_, it)| it.name().as_str() == name);
        named.map(|(_, provider)| Arc::clone(provider))
    }
}
