/** What others have published of weights of models: which are super weights, and what a model has in these places. */
package io.github.swscan.known;
