// The names of a policy as types. `npx brownout types` writes a module that fills `Register` in; from then on a misspelt name is an
// error of the compiler.

/** The names of the policy at hand: `services`, `features`, `limits` and `keys`, each a union. Empty: any text is a name. */
export interface Register {}

/** A service of the policy. */
export type ServiceName = Register extends { services: infer Name extends string } ? Name : string;
/** A feature of the policy. */
export type FeatureName = Register extends { features: infer Name extends string } ? Name : string;
/** A limit of the policy, of any service. */
export type LimitName = Register extends { limits: infer Name extends string } ? Name : string;
/** The name of a key, such as `tenant`. */
export type KeyName = Register extends { keys: infer Name extends string } ? Name : string;
