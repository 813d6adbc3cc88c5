/** What the model is given to read: prompts, the evaluation text, token ids, and sequences made without any. */
package io.github.swscan.text;
