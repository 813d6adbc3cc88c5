/** What removing, scaling, flipping and restoring weights does to a model: the experiments of the literature. */
package io.github.swscan.ablate;
