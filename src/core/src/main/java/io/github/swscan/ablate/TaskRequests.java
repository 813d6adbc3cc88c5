package io.github.swscan.ablate;

import io.github.swscan.text.task.Request;
import io.github.swscan.text.task.Task;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The requests of all tasks. Those that differ in nothing but the last token of the continuation share a sequence, as
 * answers of one letter do. Sequences go through the model longest first: those of equal length are computed together.
 */
final class TaskRequests {

    private final int count;
    private final List<TaskBatch.Input> inputs;

    TaskRequests(List<Task> tasks) {
        Map<List<Integer>, List<TaskBatch.Asked>> asked = new LinkedHashMap<>();
        int number = 0;
        for (Task task : tasks) {
            for (Request request : task.requests()) {
                asked.computeIfAbsent(request.input(), input -> new ArrayList<>())
                        .add(new TaskBatch.Asked(number++, request.continuation()));
            }
        }
        this.count = number;
        this.inputs = asked.entrySet().stream()
                .map(input -> new TaskBatch.Input(input.getKey(), input.getValue()))
                .sorted(Comparator.comparingInt(
                                (TaskBatch.Input input) -> input.tokens().size())
                        .reversed())
                .toList();
    }

    /** How many requests there are. */
    int count() {
        return count;
    }

    /** The number of tokens of all sequences together. */
    long tokens() {
        return inputs.stream().mapToLong(input -> input.tokens().size()).sum();
    }

    /**
     * Shares the requests out among readings.
     *
     * @param rows how many tokens go into one reading; a sequence that is longer gets a reading of its own
     * @param taken how many of the first reading's are taken already
     * @return one batch for each reading; the first may be empty
     */
    List<TaskBatch> batches(long rows, long taken) {
        List<TaskBatch> batches = new ArrayList<>();
        List<TaskBatch.Input> batch = new ArrayList<>();
        long filled = taken;
        for (TaskBatch.Input input : inputs) {
            if (filled > 0 && filled + input.tokens().size() > rows) {
                batches.add(new TaskBatch(batch));
                batch = new ArrayList<>();
                filled = 0;
            }
            batch.add(input);
            filled += input.tokens().size();
        }
        batches.add(new TaskBatch(batch));
        return batches;
    }
}
