/** What a change does to the predictions of a model, and how sure that is. */
package io.github.swscan.effect;
