// A small front end on another origin. It knows the service by the generated types alone.

import createClient from "openapi-fetch";
import type { components, paths } from "./made/api";
import { answers, household } from "./made/sheet";

type Problem = components["schemas"]["Problem"];
type Refused = { error: Problem; response: Response };
type Answered<T> = { data: T; response: Response };

const query = new URLSearchParams(location.search);
const siks = createClient<paths>({
  baseUrl: query.get("api") ?? "",
  headers: { "Accept-Language": "en" },
});
const read = new Map<string, string>(); // what was read -> its ETag

function shown(told: string, lines: string[] = []): void {
  document.querySelector("#told")!.textContent = told;
  document.querySelector("#list")!.replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
  );
}

function refusal(problem: Problem): void {
  const parts = problem.errors.map((part) => `${part.pointer} ${part.code}`);
  shown(`${problem.status} ${problem.type}`, parts);
}

/** What came back, or nothing where it was refused and that is shown. */
function accepted<T>(answer: Partial<Answered<T>> & Partial<Refused>): T | undefined {
  if (answer.error) refusal(answer.error);
  return answer.data;
}

function kept<T extends { id: string }>(answer: Partial<Answered<T>> & Partial<Refused>): T | undefined {
  const data = accepted(answer);
  const etag = answer.response?.headers.get("ETag");
  if (data && etag) read.set(data.id, etag);
  return data;
}

function versionOf(id: string): { "If-Match": string } {
  const etag = read.get(id);
  if (etag === undefined) throw new Error("the ETag cannot be read");
  return { "If-Match": etag };
}

const once = () => ({ "Idempotency-Key": crypto.randomUUID() });

async function signIn(username: string, password: string): Promise<void> {
  const body = { grant_type: "password", username, password } as const;
  const tokens = accepted(await siks.POST("/v1/auth/token", { body }));
  if (!tokens) return;
  siks.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${tokens.access_token}`);
    },
  });
  const me = accepted(await siks.GET("/v1/me"));
  if (me) shown(`${me.role} ${me.region.code}`);
}

async function search(name: string): Promise<void> {
  const found = accepted(await siks.POST("/v1/members/search", { body: { name } }));
  if (!found) return;
  const lines = found.items.map((hit) => [hit.name, hit.nik, hit.village_name, hit.matched_by]);
  shown(`${found.items.length}`, lines.map((line) => line.join(" ")));
}

async function draft(): Promise<void> {
  const there = kept(await siks.POST("/v1/households", { params: { header: once() }, body: household }));
  if (!there) return;
  const body = { kind: "new_family", household_id: there.id } as const;
  const proposal = kept(await siks.POST("/v1/proposals", { params: { header: once() }, body }));
  if (!proposal) return;
  proposed = proposal.id;
  const open = proposal.open_actions.map((open) => open.action);
  shown(proposal.state, open);
}

let proposed = "";

async function survey(): Promise<void> {
  const visit = { enumerator_name: "Dewi Lestari", respondent_name: "Siti Aminah", outcome: 1 };
  const path = { household_id: household.id };
  const sheet = kept(
    await siks.POST("/v1/households/{household_id}/surveys", {
      params: { path, header: once() },
      body: { ...visit, answers },
    }),
  );
  if (!sheet) return;
  const finished = accepted(
    await siks.POST("/v1/surveys/{survey_id}/steps", {
      params: { path: { survey_id: sheet.id }, header: versionOf(sheet.id) },
      body: { action: "finish", grounds: { note: "Sesuai keadaan." } },
    }),
  );
  const floor: number | null | undefined = sheet.answers?.household?.floor_area;
  if (finished) shown(finished.target, [`${floor} m²`]);
}

async function submit(): Promise<void> {
  const path = { proposal_id: proposed };
  const step = accepted(
    await siks.POST("/v1/proposals/{proposal_id}/steps", {
      params: { path, header: { ...versionOf(proposed), ...once() } },
      body: { action: "submit" },
    }),
  );
  if (!step) return;
  const after = kept(await siks.GET("/v1/proposals/{proposal_id}", { params: { path } }));
  if (after) shown(after.state, [`${step.action} ${step.source} ${step.target}`]);
}

function on(what: string, event: string, work: (fields: (name: string) => string) => Promise<void>): void {
  document.querySelector(what)!.addEventListener(event, (happened) => {
    happened.preventDefault();
    const form = happened.target instanceof HTMLFormElement ? new FormData(happened.target) : null;
    shown("…");
    work((name) => String(form?.get(name) ?? "")).catch((fault) => shown(`fault: ${fault}`));
  });
}

on("#door", "submit", (field) => signIn(field("username"), field("password")));
on("#search", "submit", (field) => search(field("name")));
on("#draft", "click", draft);
on("#survey", "click", survey);
on("#submit", "click", submit);
