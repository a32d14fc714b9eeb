import { createBrownout } from "brownout";
import policy from "../brownout.policy.json";

export const bo = createBrownout({ policy });
