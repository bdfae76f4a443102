/** What values of the configuration have in common. */
import { z } from "zod";

export const filledText = z.string().min(1);
