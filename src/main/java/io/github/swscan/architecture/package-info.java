/** What a model is: config.json and tensor names turned into a description of its decoder blocks. Holds no arrays. */
package io.github.swscan.architecture;
