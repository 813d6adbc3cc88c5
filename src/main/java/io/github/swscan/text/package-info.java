/** Text and tokens: the tokenizer, the prompts, the evaluation text, and sequences made without either. */
package io.github.swscan.text;
