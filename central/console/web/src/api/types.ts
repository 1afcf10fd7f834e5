// The models of the API by the names the pages use.
import type { Readable } from "openapi-typescript-helpers";
import type { components } from "./schema";

type Schemas = components["schemas"];
/** As a call answers it. */
type View<Name extends keyof Schemas> = Readable<Schemas[Name]>;

export type Alert = View<"AlertView">;
export type AlertPassage = View<"AlertPassageView">;
export type Audit = View<"AuditView">;
export type AuditEntry = View<"AuditEntryView">;
export type Camera = View<"CameraView">;
export type Checkpoint = View<"CheckpointView">;
export type Dispatch = View<"DispatchView">;
export type Estimate = View<"EstimateView">;
export type Interception = View<"InterceptionView">;
export type Leg = View<"LegView">;
export type MapGround = View<"MapView">;
export type Node = View<"NodeView">;
export type Order = View<"OrderView">;
export type OrderDraft = Schemas["OrderDraft"];
export type OrderState = Schemas["OrderState"];
export type Passage = View<"PassageView">;
export type Patrol = View<"PatrolView">;
export type Plate = View<"PlateView">;
export type Post = View<"PostView">;
export type Role = Schemas["Role"];
export type Statistics = View<"StatisticsView">;
export type Step = Schemas["Step"];
export type Track = View<"TrackView">;
export type Unit = View<"UnitView">;
export type User = View<"UserView">;
export type Way = View<"WayView">;
