package io.github.swscan.forward;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;

/**
 * Everything a forward pass needs to know of a model. The architecture's tensors must be in the checkpoint, see {@link
 * io.github.swscan.architecture.Parameters#check}.
 */
public record RunnableModel(
        Architecture architecture, Checkpoint checkpoint, TorchEngine engine, Precision precision) {}
