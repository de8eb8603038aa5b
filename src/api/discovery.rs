//! What gRPC's own tools ask of any server: which services there are, and whether they can serve.
//!
//! Neither asks for a key. The descriptors are our public documentation in another form, and a
//! probe that had to hold a key would be one more place for it to leak from.

use axum::Router;
use connectrpc::{ConnectRpcService, DeadlinePolicy, Router as ConnectRouter};
use connectrpc_health::HEALTH_SERVICE_NAME;
use connectrpc_reflection::{ReflectionError, Reflector};

use super::{Health, frame::CALL_WITHIN, grpc_health, service::SERVICES};

/// The proto files as they are, so that generated clients spell JSON as protobuf does.
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/reflection.bin"));

/// `grpc.reflection` in both versions, with requests of 16 KiB at most, and `grpc.health.v1`.
///
/// # Errors
///
/// [`ReflectionError`] if the descriptors that were built in are damaged.
pub fn routes(health: Health) -> Result<Router, ReflectionError> {
    let listed = SERVICES.iter().copied().chain([HEALTH_SERVICE_NAME]);
    let reflector = Reflector::from_descriptor_set_bytes(DESCRIPTORS)?.with_services(listed);
    let reflection = connectrpc_reflection::install(ConnectRouter::new(), reflector);
    let within = DeadlinePolicy::new().with_default_timeout(CALL_WITHIN).with_max(CALL_WITHIN);
    let health = grpc_health::register(ConnectRouter::new(), health);
    // Watching goes on for as long as the connection is.
    let health = ConnectRpcService::new(health).with_deadline_policy(within.clone());
    // Reflection's calls are streams in both directions, which nothing else would ever end.
    let within = within.with_enforce_on_streams(true);
    let reflection = ConnectRpcService::new(reflection).with_deadline_policy(within);
    Ok(Router::new()
        .route_service("/grpc.reflection.v1.ServerReflection/{method}", reflection.clone())
        .route_service("/grpc.reflection.v1alpha.ServerReflection/{method}", reflection)
        .route_service("/grpc.health.v1.Health/{method}", health))
}
