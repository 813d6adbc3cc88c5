package io.github.swscan.architecture.quantization;

import io.github.swscan.checkpoint.quantized.InputGroups;
import io.github.swscan.checkpoint.tensor.Scaling;
import io.github.swscan.checkpoint.tensor.TensorInfo;

/** So many outputs and inputs of a matrix that share a scale; the last may have fewer. */
record ScaleBlock(int outputs, int inputs) {

    /**
     * The blocks that a matrix is divided into evenly, as the shape of its scales says: for all of it, for each output, or
     * for each block.
     *
     * @throws io.github.swscan.input.MalformedInputException if it says nothing of the kind
     */
    static ScaleBlock evenly(TensorInfo scales, int outputs, int inputs) {
        int rank = scales.shape().size();
        long rows = scales.elements() == 1 ? 1 : rank > 0 ? scales.shape().get(0) : 0;
        long columns = rank == 2 ? scales.shape().get(1) : 1;
        if (rows * columns != scales.elements()
                || scales.elements() == 0
                || outputs % rows != 0
                || inputs % columns != 0) {
            throw CodedTensors.malformed(
                    scales, "has shape " + scales.shape() + " for " + outputs + " outputs of " + inputs + " inputs");
        }
        return new ScaleBlock((int) (outputs / rows), (int) (inputs / columns));
    }

    /**
     * All of a matrix, or each output, as the number of its scales says.
     *
     * @throws io.github.swscan.input.MalformedInputException if there are more or fewer
     */
    static ScaleBlock byOutput(TensorInfo scales, int outputs, int inputs) {
        if (scales.elements() != 1 && scales.elements() != outputs) {
            throw CodedTensors.malformed(scales, "has shape " + scales.shape() + " for " + outputs + " outputs");
        }
        return new ScaleBlock(scales.elements() == outputs ? 1 : outputs, inputs);
    }

    long rows(int allOutputs) {
        return Scaling.parts(allOutputs, outputs);
    }

    long columns(int allInputs) {
        return Scaling.parts(allInputs, inputs);
    }

    InputGroups groups(int allInputs) {
        return new InputGroups((int) columns(allInputs), inputs);
    }
}
