// Makes every call of the description with the types that openapi-typescript generates from it and
// the client that belongs to them. It fails for a call that nobody makes, an answer of another status,
// a problem of a type without a constant, and a value of an enumeration that has none.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import createClient from "openapi-fetch";
import * as generated from "./miniflow.js";
import {
  DecideBodyDecision, DeliveryFilterState, OrderBodyStage, PathsV1DeliveriesGetParametersQueryState, PathsV1OrdersGetParametersQueryKind,
  PolicyBodyCreate, ProblemType, StartBodyKind, SubmissionBodyRegion_type, type paths,
} from "./miniflow.js";

const [descriptionFile, addressesFile] = process.argv.slice(2) as [string, string];
const at: { api: string } = JSON.parse(readFileSync(addressesFile, "utf8"));
const key = readFileSync(join(dirname(addressesFile), "api-key"), "utf8").trim();
const made = new Set<string>();
const client = createClient<paths>({ baseUrl: at.api, headers: { Authorization: "Bearer " + key } });
client.use({ onRequest({ request, schemaPath }) { made.add(request.method.toLowerCase() + " " + schemaPath); } });

const app_id = "2021000000000000", mini_app_id = "2021999999999999";
const out_order_no = "ts-" + Date.now();
const order = { params: { path: { app_id, out_order_no } } };
const nobody = { params: { path: { app_id, out_order_no: "nobody-s" } } };
const delivery = { params: { path: { app_id, notify_id: "none" } } };
const mini = { params: { path: { app_id, mini_app_id } } };
const hook = { params: { path: { app_id } } };

// did judges one call and returns what the client has read.
async function did<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>, ...want: number[]): Promise<T | undefined> {
  const { data, error, response } = await answer;
  const problem = error as { type?: ProblemType; status?: number } | undefined;
  const known = !problem || (Object.values(ProblemType).includes(problem.type!) && problem.status === response.status);
  if (!want.includes(response.status) || !known) {
    throw new Error(`${response.url}: ${response.status}, want ${want}: ${JSON.stringify(error ?? data)}`);
  }
  return data;
}

// A picture of one pixel, which is a square one.
const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==", "base64");

// file hands in a picture, and something that is none. The types say that a body of bytes is a text.
async function file(): Promise<void> {
  const hand = (bytes: Uint8Array) => client.POST("/v1/files", {
    params: { query: { app_id, field: "submission.files.app_logo" } }, body: "", bodySerializer: () => bytes,
    headers: { "Content-Type": "image/png" },
  });
  const kept = await did(hand(pixel), 201, 200);
  if (kept?.bytes !== pixel.length || kept.width !== 1) throw new Error("it was kept as " + JSON.stringify(kept));
  await did(hand(Buffer.from("none")), 422);
  await did(client.GET("/v1/files/{app_id}/{sha256}", { params: { path: { app_id, sha256: "0".repeat(64) } } }), 404);
}

async function orders(): Promise<void> {
  await file();
  const body = {
    app_id, out_order_no, kind: StartBodyKind.formal, shop_name: "巷口小面", version: { template_id: "2021000000009999" },
    create: {
      alipay_account: out_order_no + "@example.com", app_name: "店 " + out_order_no, cert_name: "示例餐饮有限公司", cert_no: "91330000000000000X",
      contact_name: "联系人", contact_phone: "13800000000", legal_personal_name: "法人",
    },
    submission: {
      version_desc: "首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能，欢迎体验。", region_type: SubmissionBodyRegion_type.CHINA, app_name: "店 " + out_order_no,
      app_english_name: "My Shop", app_slogan: "好味道，在身边", app_desc: "为顾客提供在线点餐、排队取号和会员积分服务。",
      service_phone: "0571-00000000", mini_category_ids: "XS1001_XS2001",
    },
    policy: { create: PolicyBodyCreate.manual },
  };
  const started = await did(client.POST("/v1/orders", { body }), 201);
  if (started?.stage !== OrderBodyStage.creating) throw new Error("it began at " + started?.stage);
  await did(client.POST("/v1/orders", { body }), 200);
  await did(client.POST("/v1/orders", { body: { app_id, kind: "none" as StartBodyKind } }), 422);
  await did(client.POST("/v1/orders/check", { body, params: { query: { offline: true } } }), 200);
  await did(client.GET("/v1/orders", { params: { query: { kind: PathsV1OrdersGetParametersQueryKind.formal, limit: 5 } } }), 200);
  await did(client.GET("/v1/orders/{app_id}/{out_order_no}", { params: { ...order.params, query: { wait: "5s", after: 0 } } }), 200);
  await did(client.GET("/v1/orders/{app_id}/{out_order_no}", nobody), 404);
  await did(client.GET("/v1/orders/{app_id}/{out_order_no}/events", { params: { ...order.params, query: { told: true } } }), 200);
  await did(client.GET("/v1/orders/{app_id}/{out_order_no}/calls", order), 200);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/refresh", { ...order, body: {} }), 200, 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/retry", { ...order, body: {} }), 200, 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/resubmit", { ...order, body: { version: { app_version: "0.0.2" } } }), 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/certify", { ...order, body: { create: body.create } }), 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/withdraw", { ...order, body: {} }), 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/give-up", { ...nobody, body: {} }), 404);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/begin-again", { ...order, body: {} }), 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/decide-base-pass", { ...order, body: { decision: DecideBodyDecision.go_online } }), 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/provide-input", { ...order, body: { order_no: "1" } }), 200, 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/approve", { ...order, body: {} }), 200, 409);
  await did(client.POST("/v1/orders/{app_id}/{out_order_no}/cancel", { ...order, body: { reason: "tried" } }), 200);
}

async function deliveries(): Promise<void> {
  const filter = { app_id, state: DeliveryFilterState.dead, name: "none.such" };
  const bulk = await did(client.POST("/v1/deliveries/replay", { body: { filter, rate: 5 } }), 202);
  await did(client.GET("/v1/deliveries/bulk/{app_id}/{bulk_id}", { params: { path: { app_id, bulk_id: bulk!.bulk_id } } }), 200);
  await did(client.POST("/v1/deliveries/discard", { body: { filter, dry_run: true } }), 200);
  await did(client.GET("/v1/deliveries", { params: { query: { state: PathsV1DeliveriesGetParametersQueryState.dead } } }), 200);
  await did(client.GET("/v1/deliveries/{app_id}/{notify_id}", delivery), 404);
  await did(client.POST("/v1/deliveries/{app_id}/{notify_id}/replay", { ...delivery, body: {} }), 404);
  await did(client.POST("/v1/deliveries/{app_id}/{notify_id}/discard", { ...delivery, body: {} }), 404);
  const { response } = await client.GET("/v1/deliveries/tail", { parseAs: "stream" }); // not read to its end
  await response.body?.cancel();
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw new Error("the doors are looked on at with " + response.status);
}

async function rollouts(): Promise<void> {
  const none = { params: { path: { app_id, rollout_id: "none" } }, body: {} };
  const begun = { params: { path: { app_id, rollout_id: "nobody" } } };
  const version = { template_id: "2021000000009999", template_version: "9.9.9" };
  const submission = { version_desc: "首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能，欢迎体验。", region_type: SubmissionBodyRegion_type.CHINA };
  await did(client.POST("/v1/rollouts", { body: { app_id, id: "nobody", from: ["9.9.8"], version, submission, plan: { soak: "30m", canary: [mini.params.path.mini_app_id] } } }), 200, 201);
  await did(client.GET("/v1/rollouts"), 200);
  await did(client.GET("/v1/rollouts/{app_id}/{rollout_id}", begun), 200);
  await did(client.GET("/v1/rollouts/{app_id}/{rollout_id}/members", begun), 200);
  await did(client.POST("/v1/rollouts/{app_id}/{rollout_id}/pause", none), 404);
  await did(client.POST("/v1/rollouts/{app_id}/{rollout_id}/halt", none), 404);
  await did(client.POST("/v1/rollouts/{app_id}/{rollout_id}/resume", none), 404);
  await did(client.POST("/v1/rollouts/{app_id}/{rollout_id}/retry", { ...none, body: { no_ext: true } }), 404);
  await did(client.POST("/v1/rollouts/{app_id}/{rollout_id}/rollback", none), 404);
}

async function rest(): Promise<void> {
  const stats = await did(client.GET("/v1/stats"), 200);
  if (stats?.by_stage.cancelled === undefined) throw new Error("the stages are not members");
  const overview = await did(client.GET("/v1/overview"), 200);
  if (overview?.days?.length !== 14) throw new Error("the overview has not fourteen days");
  await did(client.GET("/v1/mini-programs"), 200);
  await did(client.GET("/v1/mini-programs/{app_id}/{mini_app_id}", mini), 404);
  await did(client.POST("/v1/mini-programs/{app_id}/{mini_app_id}/rollback", { ...mini, body: {} }), 404);
  await did(client.POST("/v1/mini-programs/{app_id}/{mini_app_id}/offline", { ...mini, body: {} }), 404);
  await did(client.POST("/v1/mini-programs/{app_id}/{mini_app_id}/certify", { ...mini, body: { create: {} } }), 422);
  await did(client.POST("/v1/mini-programs/{app_id}/{mini_app_id}/close", { ...mini, body: {} }), 404);
  await did(client.POST("/v1/mini-programs/{app_id}/{mini_app_id}/token", mini), 404);
  await did(client.PUT("/v1/mini-programs/{app_id}/{mini_app_id}/authorization", { ...mini, body: { app_auth_token: "none" } }), 422);
  await did(client.POST("/v1/authorizations", { body: { app_id, app_auth_code: "none" } }), 422);
  const noted = { params: { path: { app_id, id: "webhook" } } };
  await did(client.GET("/v1/attention"), 200);
  await did(client.POST("/v1/attention/{app_id}/{id}/assign", { ...noted, body: { to: "operator-1" } }), 200);
  await did(client.POST("/v1/attention/{app_id}/{id}/snooze", { ...noted, body: {} }), 200);
  await did(client.POST("/v1/attention/{app_id}/{id}/comment", { ...noted, body: { text: "seen" } }), 200);
  await did(client.GET("/v1/attention/{app_id}/{id}", noted), 200);
  await did(client.GET("/v1/drift"), 200);
  await did(client.GET("/v1/audit"), 200);
  await did(client.GET("/v1/webhooks"), 200);
  await did(client.POST("/v1/webhooks/{app_id}/test", hook), 200);
  await did(client.POST("/v1/webhooks/{app_id}/enable", hook), 200);
  await did(client.POST("/v1/webhooks/{app_id}/resend", { ...hook, body: { out_order_no } }), 200);
}

// values finds every value of every enumeration of texts.
function values(node: unknown, found: Set<string>): Set<string> {
  if (node !== null && typeof node === "object") {
    const { enum: listed } = node as { enum?: unknown };
    if (Array.isArray(listed)) for (const value of listed) if (typeof value === "string") found.add(value);
    for (const below of Object.values(node)) values(below, found);
  }
  return found;
}

const description: { paths: Record<string, Record<string, unknown>> } = JSON.parse(readFileSync(descriptionFile, "utf8"));
const constants = new Set(Object.values(generated).flatMap((one) => Object.values(one as Record<string, string>)));
const enumerated = values(description, new Set());
const nameless = [...enumerated].filter((value) => !constants.has(value));
if (nameless.length > 0) throw new Error("no constants for " + nameless);
await orders();
await deliveries();
await rollouts();
await rest();
const described = Object.entries(description.paths).flatMap(([path, calls]) => Object.keys(calls).map((method) => method + " " + path));
const missing = described.filter((call) => !made.has(call));
if (missing.length > 0) throw new Error("nobody made " + missing.join(", "));
console.log(`${described.length} calls made by the client of TypeScript, ${enumerated.size} values of enumerations have constants`);
