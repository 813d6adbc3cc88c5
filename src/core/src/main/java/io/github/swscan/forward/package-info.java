/**
 * The streamed forward pass: one decoder block for all families, with branches, edits and probes. What computes the
 * description X of {@link io.github.swscan.architecture} is XPass.
 *
 * <p>To be read in this order:
 *
 * <ol>
 *   <li>{@link ForwardPass}: embedding, block after block, head;
 *   <li>{@link BlockPass}: the equation of a block, and in its order {@link NormPass}, {@link TokenMixerPass} with {@link
 *       AttentionPass} before the other mixers, and {@link FeedForwardPass};
 *   <li>{@link Branch}, {@link Layout} and {@link LinearPass}: how branches lie side by side, and how each has weights of
 *       its own, by edits or by a {@link WeightTransform};
 *   <li>{@link Probe} and {@link DownProjections}: what can be looked at on the way, and how branches enter and leave,
 *       by a {@link Rearrangement};
 *   <li>{@link HeadPass}: what is made of the logits;
 *   <li>{@link Weights}: where the numbers come from, with {@link WeightPrefetch} and {@link DeviceCopies};
 *   <li>{@link Generation} and {@link Past}: token after token.
 * </ol>
 */
package io.github.swscan.forward;
