// The surface of `brownout`, without the engine: each entry adds the one that its runtime can load.
export type { Call, Classify, End } from "./attempt.js";
export { Brownout, brownout, call, callAsync, createBrownout, engineInfo, type BrownoutOptions, type EngineInfo, type Probe } from "./brownout.js";
export { ScaledClock, WallClock, type Clock } from "./clock.js";
export { withKeys, type KeyValue, type KeyValues } from "./context.js";
export { napiLoader, type Native } from "./engine/napi.js";
export { BrownoutError, TimeoutError, type Fault } from "./errors.js";
export { refusedResponse, type FetchOptions } from "./fetch.js";
export { Guard, type CallOptions, type GuardOptions } from "./guard.js";
export { healthHandler, nodeHealthHandler, type HealthAnswer, type HealthHandlerOptions, type HealthOptions } from "./health.js";
export type { FeatureName, KeyName, LimitName, Register, ServiceName } from "./names.js";
export { policyFault, policyJson, type PolicyInput } from "./policy.js";
export type { Policy } from "./policy.gen.js";
export type { EngineLoader, RawEngine } from "./raw.js";
export { RefusedError, retryAfterSeconds } from "./refusal.js";
export type { Degraded, Failed, Ok, Refused, Result } from "./result.js";
export type { RecordSink } from "./tape.js";
export type { Effect, Facts, Grant, Keys, Names, Next, Outcome, Refusal, RefusedBy, Retry, ServiceInfo, Settled } from "./types.js";
