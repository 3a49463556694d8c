// What a backend writes with the types that openapi-typescript generates: it has to compile.
import { components, paths, ProblemType, OrderBodyStage, StartBodyKind } from "./miniflow";

const start: components["schemas"]["StartBody"] = {
  app_id: "2021000000000000", out_order_no: "shop-7", kind: StartBodyKind.formal,
  submission: { version_desc: "…", auto_online: false },
};

export async function place(base: string, key: string): Promise<OrderBodyStage | undefined> {
  const answer = await fetch(base + ("/v1/orders" satisfies keyof paths), {
    method: "POST", headers: { Authorization: "Bearer " + key, "Content-Type": "application/json" }, body: JSON.stringify(start),
  });
  if (answer.status === 409) {
    const problem: paths["/v1/orders"]["post"]["responses"][409]["content"]["application/problem+json"] = await answer.json();
    return problem.type === ProblemType.order_number_taken ? undefined : OrderBodyStage.creating;
  }
  const order: components["schemas"]["OrderBody"] = await answer.json();
  const lists: string[] = order.hold ? order.hold.fields : order.audits.map((audit) => audit.verdict);
  return lists.length === 0 ? order.stage : undefined;
}
