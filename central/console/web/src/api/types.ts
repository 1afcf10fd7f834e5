// The models of the API by the names the pages use.
import type { Readable } from "openapi-typescript-helpers";
import type { components } from "./schema";

type Schemas = components["schemas"];
/** As a call answers it. */
type View<Name extends keyof Schemas> = Readable<Schemas[Name]>;

export type Alert = View<"AlertView">;
export type AlertPassage = View<"AlertPassageView">;
export type Analysis = View<"AnalysisView">;
export type AnalysisKind = View<"AnalysisKindView">;
export type Audit = View<"AuditView">;
export type AuditEntry = View<"AuditEntryView">;
export type Camera = View<"CameraView">;
export type Candidate = View<"CandidateView">;
export type Case = View<"CaseView">;
export type Checkpoint = View<"CheckpointView">;
export type Dispatch = View<"DispatchView">;
export type Estimate = View<"EstimateView">;
export type Found = View<"FoundView">;
export type Hotlist = View<"HotlistView">;
export type HotlistChange = View<"HotlistChangeView">;
export type HotlistChanges = View<"HotlistChangesView">;
export type HotlistImport = View<"HotlistImportView">;
export type Interception = View<"InterceptionView">;
export type Job = View<"JobView">;
export type Leg = View<"LegView">;
export type MapGround = View<"MapView">;
export type Node = View<"NodeView">;
export type Order = View<"OrderView">;
export type OrderDraft = Schemas["OrderDraft"];
export type OrderState = Schemas["OrderState"];
export type Passage = View<"PassageView">;
export type Patrol = View<"PatrolView">;
export type PassageSearch = Schemas["PassageSearch"];
export type Plate = View<"PlateView">;
export type Post = View<"PostView">;
export type Revision = View<"RevisionView">;
export type Role = Schemas["Role"];
export type SavedQuestion = View<"SavedQuestionView">;
export type SearchGrant = View<"SearchGrantView">;
export type Statistics = View<"StatisticsView">;
export type Step = Schemas["Step"];
export type Unit = View<"UnitView">;
export type User = View<"UserView">;
export type Way = View<"WayView">;
