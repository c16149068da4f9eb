// What a front end must not be able to write: each line would be an error, and the compiler says so
// where one is not.

import createClient from "openapi-fetch";
import type { components, paths } from "./made/api";
import { answers, household } from "./made/sheet";

const siks = createClient<paths>();
const path = { proposal_id: household.id };
const header = { "If-Match": '"1"' };

// @ts-expect-error there is no such address
void siks.GET("/v1/houses");

// @ts-expect-error a step names the version it means
void siks.POST("/v1/proposals/{proposal_id}/steps", { params: { path }, body: { action: "submit" } });

// @ts-expect-error there is no such step
void siks.POST("/v1/proposals/{proposal_id}/steps", { params: { path, header }, body: { action: "sumbit" } });

// @ts-expect-error a proposal is of some kind
void siks.POST("/v1/proposals", { body: { household_id: household.id } });

// @ts-expect-error a household is in a village
void siks.POST("/v1/households", { body: { families: household.families } });

// @ts-expect-error a search is by one thing
void siks.POST("/v1/members/search", { body: { birth_date: "1984-05-19" } });

// @ts-expect-error there is no eleventh kind of floor
answers.household!.floor_material = 11;

// @ts-expect-error that is no question of the form
answers.household!.floor_colour = 1;

// @ts-expect-error it is yes or no; 1 and 2 are the paper's
answers.household!.has_refrigerator = 1;

// @ts-expect-error it may be nobody's answer yet
const floor: number = answers.household!.floor_area;

export type Asked = typeof floor;

type Anything<T> = unknown extends T ? true : false;
type Views = components["schemas"];

/** No answer is `any` or `unknown` where a front end looks. */
export const certain: [
  Anything<Views["MemberHits"]["items"][number]["name"]>,
  Anything<Views["HouseholdView"]["open_actions"][number]["action"]>,
  Anything<NonNullable<Views["SurveyView"]["answers"]>["household"]>,
  Anything<Views["Problem"]["errors"][number]["pointer"]>,
] = [false, false, false, false];
