package io.github.swscan.integrity;

import java.util.function.Function;
import java.util.function.LongConsumer;

/** Where what takes long is announced. */
@FunctionalInterface
public interface Readings {

    /**
     * Does something that reads.
     *
     * @param bytes how many it is going to read
     * @param work is given what it tells how many it has read, again and again
     * @return what {@code work} gave
     */
    <T> T reading(long bytes, Function<LongConsumer, T> work);
}
